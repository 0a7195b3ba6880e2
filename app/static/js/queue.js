// The queue: two keys decide without leaving the page. They work only while a row has the focus, so that nobody who types
// elsewhere decides anything; by place on the keyboard, so that the layout does not matter (Д is L, П is G).
const $ = (selector, root = document) => root.querySelector(selector);
const NEXT = "KeyL", CONFIRM = "KeyG";
const rows = [...document.querySelectorAll("tr[data-row]")], told = $("[data-told]");
const waits = (row) => !row.hasAttribute("data-done");
const nameOf = (row) => $("th a", row).textContent;

function go(row) {
  for (const other of rows) other.tabIndex = other === row ? 0 : -1;
  row.focus();
  row.scrollIntoView({ block: "nearest" });
}

// The next row that still waits; after the last one the next page, or the first that was skipped.
function next(row) {
  const after = rows.slice(rows.indexOf(row) + 1).find(waits) ?? $("[data-next]") ?? rows.find((other) => other !== row && waits(other));
  if (!after) { told.textContent = "Больше строк нет: обновите страницу."; return; }
  if (after.matches("tr")) go(after); else after.focus();
}

function mark(row, { done, sentence }) {
  const state = document.createElement("span"), cell = $("[data-decision]", row);
  state.className = `pill t-${done ? "ok" : "bad"}`;
  state.textContent = done || "Не решено";
  told.textContent = `${nameOf(row)}: ${done || sentence}`;
  if (done) {
    row.dataset.done = "";
    const box = $("[name=rowid]", row);
    if (box.checked) box.click();
    box.disabled = true;
    cell.replaceChildren(state);
    return;
  }
  $(".queue-why", cell)?.remove();
  const why = document.createElement("small");
  why.className = "queue-why";
  why.append(state, " ", sentence);
  cell.append(why);
}

async function confirm(row) {
  if (!waits(row) || row.hasAttribute("aria-busy")) return;
  if (!row.hasAttribute("data-confirms")) { told.textContent = `${nameOf(row)}: откройте запись, отсюда её подтвердить нельзя.`; return; }
  row.setAttribute("aria-busy", "true");
  const data = new URLSearchParams({ csrf_token: $("#bulk [name=csrf_token]").value, one: row.dataset.row });
  try {
    const answer = await fetch($("#bulk").getAttribute("action"), { method: "POST", body: data, headers: { Accept: "application/json" } });
    if (answer.redirected) return location.reload();
    if (!answer.ok) throw new Error(answer.status);
    const { rows: [outcome] } = await answer.json();
    mark(row, outcome);
    if (outcome.done) next(row);
  } catch {
    mark(row, { sentence: "Ответа нет или запись уже не видна. Обновите страницу и повторите." });
  } finally {
    row.removeAttribute("aria-busy");
  }
}

if (rows.length) {
  $("[data-begin]").onclick = () => go(rows.find(waits) ?? rows[0]);
  for (const row of rows) row.tabIndex = -1;
  document.addEventListener("keydown", (event) => {
    const row = event.target.closest?.("tr[data-row]");
    if (!row || event.target.matches("textarea") || event.ctrlKey || event.metaKey || event.altKey || event.repeat && event.code === CONFIRM) return;
    if (event.code === NEXT) { event.preventDefault(); next(row); }
    if (event.code === CONFIRM) { event.preventDefault(); confirm(row); }
  });
  // a button of a row decides in its place too; without this script it sends the form
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=one]");
    if (!button) return;
    event.preventDefault();
    const row = button.closest("tr");
    go(row);
    confirm(row);
  });
}
