// The desk by keys: Д and У go on and back, П decides, В and О open the reasons, a digit chooses one, Enter sends, С opens the
// scan, М takes the case or gives it back. By place on the keyboard, so that the layout does not matter (П is G). Keys sleep where somebody types, and after the
// first one that leaves the page: nobody decides a case that was not seen.
const $ = (selector, root = document) => root.querySelector(selector);
let leaving = false;
addEventListener("pageshow", () => { leaving = false; });

$(".queue-rows tr.now")?.scrollIntoView({ block: "nearest" });

const typing = (target) => target.matches("textarea, select, input:not([type=radio], [type=checkbox])") || target.isContentEditable;
const opened = () => $("details.decide[open]");

function digit(event) {
  const number = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1], panel = opened();
  const choice = number && panel?.querySelectorAll("[type=radio]")[number - 1];
  if (!choice) return false;
  choice.checked = true;
  choice.focus();
  return true;
}

function act(target) {
  if (target.matches("details")) {
    target.open = true;
    $("[type=radio], textarea", target).focus();
    target.scrollIntoView({ block: "nearest" });
    return;
  }
  leaving = !target.hasAttribute("data-scan");
  target.click();
}

document.addEventListener("keydown", (event) => {
  const { target, code } = event;
  if (event.key === "Escape" && opened()) { const panel = opened(); panel.open = false; $("summary", panel).focus(); return; }
  if (event.defaultPrevented || event.repeat || event.ctrlKey || event.metaKey || event.altKey || leaving) return;
  if (typing(target) || $("dialog[open]") || target.closest(".drop")) return;
  if (digit(event)) { event.preventDefault(); return; }
  const found = code === "KeyC" ? $("[data-scan]") : $(`[data-key="${code}"]`);
  if (!found) return;
  event.preventDefault();
  act(found);
});
