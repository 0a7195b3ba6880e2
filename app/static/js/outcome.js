// Outcomes in the table of listeners: a choice saves itself; what asks for a reason, or is told to the person at once, waits for «Сохранить».
const form = document.querySelector("#outcomes"), told = form.querySelector("[data-told]");
const careful = new Set(["no_show", ...form.dataset.withReason.split(" ")]), common = ["result_on", "final_form", "protocol_number"];
const parts = (row) => ({ cell: row.querySelector(".outcome"), select: row.querySelector("select"), reason: row.querySelector("[name^=reason]"), button: row.querySelector("[data-save]") });

function sum() {
  const values = common.map((name) => form.elements[name].value.trim());
  form.querySelector("[data-common]").textContent = [values[0] || "дата не указана", values[1], values[2] && `протокол № ${values[2]}`].filter(Boolean).join(", ");
}

function refuse(row, sentence) {
  const { cell, select } = parts(row), line = document.querySelector("#wrong").content.firstElementChild.cloneNode(true);
  cell.querySelector(".err")?.remove();
  line.querySelector("span").textContent = sentence;
  line.id = `${select.id}-error`;
  select.setAttribute("aria-describedby", line.id);
  cell.append(line);
}

async function save(row) {
  const { cell, select, reason } = parts(row), name = row.querySelector("th").textContent.trim();
  if (!select.value || cell.ariaBusy === "true") return;
  const body = new URLSearchParams({ csrf_token: form.elements.csrf_token.value, [select.name]: select.value, [reason.name]: reason.value });
  for (const field of common) body.set(field, form.elements[field].value);
  cell.ariaBusy = "true";
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "manual" });
    const { saved, problem, way } = await answer.json();
    if (problem) return refuse(row, problem);
    const pill = document.createElement("span");
    pill.className = `pill t-${saved.tone}`;
    pill.textContent = saved.text;
    pill.tabIndex = -1;
    const had = cell.contains(document.activeElement);
    cell.replaceChildren(pill);
    if (had) (row.nextElementSibling?.querySelector("[data-outcome]") ?? pill).focus();
    told.textContent = `${name}: ${saved.text} — сохранено.`;
    const piece = new DOMParser().parseFromString(way, "text/html").querySelector(".way-of");
    if (piece) document.querySelector(".way-of").replaceWith(piece);
  } catch {
    refuse(row, "Не сохранено: ответа нет. Обновите страницу и повторите.");
  } finally {
    cell.ariaBusy = null;
  }
}

function settle(row) {
  const { select, reason, button } = parts(row);
  const waits = careful.has(select.value);
  reason.classList.toggle("on", form.dataset.withReason.split(" ").includes(select.value));
  button.hidden = !waits;
  select.classList.toggle("due", !select.value);
  if (select.value && !waits) save(row);
}

// Arrows in a closed list pass over outcomes: what is meant is known when the list is left, or at Enter.
let typed = false;
form.addEventListener("pointerdown", () => { typed = false; }, true);
form.addEventListener("keydown", (event) => {
  const row = event.target.closest("tr[data-pk]");
  if (!row) return;
  if (event.key === "Enter" && event.target.matches("select, input")) {
    event.preventDefault();
    if (event.target.matches("input")) save(row); else { typed = false; settle(row); }
  } else typed = true;
});
form.addEventListener("change", ({ target }) => {
  if (common.includes(target.name)) sum();
  if (target.matches("[data-outcome]") && !typed) settle(target.closest("tr"));
});
form.addEventListener("focusout", ({ target }) => {
  if (target.matches("[data-outcome]") && typed) { typed = false; settle(target.closest("tr")); }
});
form.addEventListener("click", ({ target }) => { if (target.closest("[data-save]")) save(target.closest("tr")); });
form.addEventListener("submit", (event) => event.preventDefault());
form.querySelectorAll("[data-outcome]").forEach((select) => select.classList.add("due"));
sum();
