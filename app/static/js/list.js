// Lists: choosing rows, a click opens a row, counts beside the options of a filter, a wide table fits.
const $ = (selector) => document.querySelector(selector);
const boxes = [...document.querySelectorAll("tbody [name=rowid]")], all = $("[data-all]"), none = $("[data-none]"), more = $("[data-more]");
const every = $("[data-every]"), chooseEvery = $("[data-choose-every]"), tooMany = $("[data-too-many]");
const acts = document.querySelectorAll(".bulk [data-act]");
let last = 0;

function count() {
  const chosen = boxes.filter((box) => box.checked).length, whole = chosen === boxes.length;
  $("[data-chosen]").textContent = every.disabled ? `Выбрано: ${chosen}` : chooseEvery.dataset.chooseEvery;
  all.checked = whole;
  all.indeterminate = chosen > 0 && !whole;
  if (chooseEvery) chooseEvery.hidden = !whole || !every.disabled;
  if (tooMany) tooMany.hidden = !whole;
  // what none of the chosen rows can take is not offered; of rows that are not shown nothing is known
  const can = new Set(boxes.flatMap((box) => (box.checked ? (box.dataset.acts ?? "").split(" ") : [])));
  for (const action of acts) action.hidden = every.disabled && chosen > 0 && !can.has(action.dataset.act);
}
// Any change of single rows ends the choice of all that the query finds.
function choose(items, checked) {
  for (const box of items) box.checked = checked;
  every.disabled = true;
  count();
}

if (boxes.length) {
  boxes.forEach((box, index) => {
    box.onclick = (event) => {
      choose(event.shiftKey ? boxes.slice(Math.min(last, index), Math.max(last, index) + 1) : [box], box.checked);
      last = index;
    };
  });
  none.hidden = false;
  all.onchange = () => choose(boxes, all.checked);
  none.onclick = () => { choose(boxes, false); all.focus(); };
  if (chooseEvery) chooseEvery.onclick = () => { every.disabled = false; count(); none.focus(); };
  addEventListener("pageshow", () => { every.disabled = true; count(); });
}

// A phone shows only active filters and the main button at first; its ready tabs are one line that begins with the chosen one.
if (more) more.onclick = () => more.setAttribute("aria-expanded", more.form.classList.toggle("open"));
const unfold = $("[data-unfold]"), tab = $(".list > .tabs [aria-current]");
if (unfold) unfold.onclick = () => unfold.setAttribute("aria-expanded", unfold.parentElement.classList.toggle("open"));
if (tab) {
  const line = tab.closest("ul");
  line.scrollLeft = tab.parentElement.offsetLeft - line.offsetLeft - 40;
}

// A click beside the link of a row opens it too; with Ctrl or the wheel in a new tab, as a link does.
document.querySelectorAll("tbody th a").forEach((link) => {
  const row = link.closest("tr");
  row.dataset.open = "";
  const open = (event) => {
    // the whole corner of a row is its box
    if (event.target.matches(".sel")) return event.target.firstElementChild.click();
    if (event.target.closest("a, button, input, label, summary, .sel") || String(getSelection())) return;
    if (event.button === 1 || event.ctrlKey || event.metaKey) window.open(link.href, "_blank", "noopener");
    else if (event.button === 0) link.click();
  };
  row.onclick = open;
  row.onauxclick = (event) => { if (event.button === 1) open(event); };
});

// How many rows each option would find, asked for all filters when one of them is opened first.
const bar = $("[data-counts]");
function number(option, found, most) {
  const shown = document.createElement("span");
  shown.className = "num muted";
  shown.textContent = found > most ? `больше ${most.toLocaleString("ru")}` : found.toLocaleString("ru");
  option.append(" ", shown);
  option.classList.toggle("none", !found);
}
async function numbers(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const { counts, values, most } = await answer.json();
  bar.querySelectorAll("[data-options]").forEach((list) => {
    const found = counts[list.dataset.options];
    if (found) list.querySelectorAll("[data-value]").forEach((option) => number(option, found[option.dataset.value] ?? 0, most));
  });
  bar.querySelectorAll("[data-values]").forEach((list) => {
    for (const [key, words, found] of values[list.dataset.values] ?? []) {
      const link = document.createElement("a"), name = document.createElement("span");
      name.textContent = words;
      link.href = `${list.dataset.rest}&${new URLSearchParams({ [list.dataset.values]: key })}`;
      link.append(name);
      number(link, found, most);
      list.appendChild(document.createElement("li")).append(link);
    }
  });
}
if (bar) bar.addEventListener("toggle", ({ target }) => {
  if (!target.open || !bar.dataset.counts || !target.querySelector("[data-options], [data-values]")) return;
  const address = bar.dataset.counts;
  delete bar.dataset.counts;
  numbers(address);
}, true);

// Too many columns: smaller type, then words may break, rather than a page that scrolls sideways.
const fit = (box) => {
  const table = box.firstElementChild;
  // a table that is tight from the start is drawn once: it does not jump when this script comes late
  table.classList.toggle("tight", "tight" in table.dataset);
  table.classList.remove("broken");
  if (getComputedStyle(table).display !== "table") return;
  for (const style of ["tight", "broken"]) if (table.scrollWidth > box.clientWidth) table.classList.add(style);
};
const watch = new ResizeObserver((entries) => entries.forEach(({ target }) => fit(target)));
document.querySelectorAll(".tbl").forEach((box) => { fit(box); watch.observe(box); });
