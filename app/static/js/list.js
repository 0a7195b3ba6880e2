// Lists: choosing rows, a click opens a row, a wide table fits.
const $ = (selector) => document.querySelector(selector);
const boxes = [...document.querySelectorAll("tbody [name=rowid]")], all = $("[data-all]"), none = $("[data-none]"), more = $("[data-more]");
let last = 0;

function count() {
  const chosen = boxes.filter((box) => box.checked).length;
  $("[data-chosen]").textContent = `Выбрано: ${chosen}`;
  all.checked = chosen === boxes.length;
  all.indeterminate = chosen > 0 && !all.checked;
}
function choose(items, checked) {
  for (const box of items) box.checked = checked;
  count();
}

if (boxes.length) {
  boxes.forEach((box, index) => {
    box.onclick = (event) => {
      choose(event.shiftKey ? boxes.slice(Math.min(last, index), Math.max(last, index) + 1) : [box], box.checked);
      last = index;
    };
  });
  all.parentElement.hidden = none.hidden = false;
  all.onchange = () => choose(boxes, all.checked);
  none.onclick = () => { choose(boxes, false); all.focus(); };
  addEventListener("pageshow", count);
}

// A phone shows only active filters at first.
if (more) more.onclick = () => more.setAttribute("aria-expanded", more.form.classList.toggle("open"));

document.querySelectorAll("tbody th a").forEach((link) => {
  const row = link.closest("tr");
  row.dataset.open = "";
  row.onclick = ({ target }) => { if (!target.closest("a, .sel") && !String(getSelection())) link.click(); };
});

// Too many columns: smaller type, then words may break, rather than a page that scrolls sideways.
const watch = new ResizeObserver((entries) => entries.forEach(({ target }) => {
  const table = target.firstElementChild;
  table.classList.remove("tight", "broken");
  if (getComputedStyle(table).display !== "table") return;
  for (const style of ["tight", "broken"]) if (table.scrollWidth > target.clientWidth) table.classList.add(style);
}));
document.querySelectorAll(".tbl").forEach((box) => watch.observe(box));
