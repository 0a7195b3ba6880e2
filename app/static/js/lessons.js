// A lesson of the calendar is dragged to another day of the month: the form of the page posts the day.
const form = document.querySelector("#move-lesson");
let dragged = null;

const dayOf = (event) => event.target.closest(".month > li[data-date]");

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("li[data-moves]") ?? null;
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.textContent);
  dragged.classList.add("dragged");
});

document.addEventListener("dragover", (event) => {
  const day = dragged && dayOf(event);
  if (!day) return;
  event.preventDefault();
  for (const other of document.querySelectorAll(".month .over")) if (other !== day) other.classList.remove("over");
  day.classList.add("over");
});

document.addEventListener("dragend", () => {
  dragged?.classList.remove("dragged");
  for (const day of document.querySelectorAll(".month .over")) day.classList.remove("over");
  dragged = null;
});

document.addEventListener("drop", (event) => {
  const day = dragged && dayOf(event);
  if (!day) return;
  event.preventDefault();
  if (day === dragged.closest("li[data-date]")) return;
  form.action = dragged.dataset.moves;
  form.elements.day.value = day.dataset.date;
  form.requestSubmit();
});
