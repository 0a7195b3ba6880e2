// «Отменить»: the button goes when its time is over. The time stops while the pointer or the focus is on the line, but not
// for longer than the portal takes the decision back: then the button would lie.
for (const line of document.querySelectorAll("[data-undo]")) {
  const left = line.querySelector("[data-left]"), born = Date.now(), last = Number(line.dataset.last) - 1;
  let seconds = Number(line.dataset.undo);
  const held = () => line.matches(":hover") || line.contains(document.activeElement);
  const show = () => { left.textContent = `${seconds}\u00a0с`; };
  show();
  const timer = setInterval(() => {
    if (!held()) seconds -= 1;
    if (seconds > 0 && Date.now() - born < last * 1000) return show();
    clearInterval(timer);
    const focused = line.contains(document.activeElement);
    line.querySelector("form").remove();
    left.remove();
    // who stood on the button does not fall to the top of the page
    if (focused) document.querySelector("main")?.focus({ preventScroll: true });
  }, 1000);
}
