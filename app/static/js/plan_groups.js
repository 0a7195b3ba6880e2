// A group of the plan is dragged to another month of its program: the form of the page posts the month.
const form = document.querySelector("#move-group");
let dragged = null;

// only a month in which the organizer teaches this program
const cellOf = (event) => {
  const cell = event.target.closest("td.can[data-month]"), home = dragged?.closest("td[data-month]");
  return cell && home && cell.dataset.offer === home.dataset.offer ? cell : null;
};
const clear = () => document.querySelectorAll(".plan-months .over").forEach((cell) => cell.classList.remove("over"));

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-group]") ?? null;
  if (dragged) event.dataTransfer.effectAllowed = "move";
});
document.addEventListener("dragover", (event) => {
  const cell = dragged && cellOf(event);
  clear();
  if (!cell) return;
  event.preventDefault();
  cell.classList.add("over");
});
document.addEventListener("dragend", () => { clear(); dragged = null; });
document.addEventListener("drop", (event) => {
  const cell = dragged && cellOf(event);
  if (!cell) return;
  event.preventDefault();
  if (cell === dragged.closest("td[data-month]")) return;
  form.elements.group.value = dragged.dataset.group;
  form.elements.month.value = cell.dataset.month;
  form.requestSubmit();
});
