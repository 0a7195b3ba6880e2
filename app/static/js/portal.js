// Every page: the menu on a phone, folding panels, questions before a POST, one sending per click.
const $ = (selector, root = document) => root.querySelector(selector);
const on = (type, action, capture) => document.addEventListener(type, action, capture);

// The menu of a narrow screen, by the button of the head or by «Ещё» of the bar; without scripts its links work by address.
const side = $("#menu"), doors = document.querySelectorAll("[href='#menu']");
let door = doors[0];
function showMenu(open) {
  side.classList.toggle("open", open);
  doors.forEach((one) => one.setAttribute("aria-expanded", open));
  (open ? $("a", side) : door).focus();
}
if (side) {
  for (const one of doors) {
    one.setAttribute("aria-expanded", "false");
    one.onclick = (event) => { event.preventDefault(); event.stopPropagation(); door = one; showMenu(true); };
  }
  $(".side-close").onclick = (event) => { event.preventDefault(); showMenu(false); };
  for (const type of ["click", "focusin"]) on(type, ({ target }) => { if (side.matches(".open") && !side.contains(target)) showMenu(false); });
  $("[aria-current]", side)?.scrollIntoView({ block: "nearest" });
}

// Panels: Escape or a click elsewhere closes them, none leaves the window.
const opened = () => document.querySelectorAll(".drop[open]");
on("toggle", ({ target: drop }) => {
  if (!drop.matches(".drop[open]")) return;
  const panel = $(".panel", drop);
  drop.classList.remove("end");
  drop.classList.toggle("end", panel.getBoundingClientRect().right > document.body.clientWidth - 8);
  $("input:not([type=hidden]), select", panel)?.focus();
}, true);
on("click", ({ target }) => opened().forEach((drop) => { drop.open = drop.contains(target); }));
on("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  if (side?.matches(".open")) showMenu(false);
  opened().forEach((drop) => { drop.open = false; $("summary", drop).focus(); });
});

// A question before a POST: the folded panel moves into a dialog and back.
// Bulk actions share one form: only the reason being asked for is enabled. One from the directory needs no words.
const silence = () => document.querySelectorAll(".bulk :is(textarea, [name=typical])").forEach((reason) => { reason.disabled = true; });
silence();
function ask(summary) {
  const details = summary.parentElement, panel = $(".panel", details), reason = $("textarea", panel), typical = $("[name=typical]", panel);
  const [dialog, title, cancel] = ["dialog", "h2", "button"].map((tag) => document.createElement(tag));
  dialog.ariaLabel = title.textContent = summary.textContent;
  Object.assign(cancel, { type: "button", className: "btn", textContent: "Отмена", onclick: () => dialog.close() });
  if (reason) Object.assign(reason, { required: !typical?.value, disabled: false });
  if (typical) Object.assign(typical, { disabled: false, onchange: () => { reason.required = !typical.value; } });
  $(".btns", panel).prepend(cancel);
  dialog.append(title, panel);
  dialog.onclose = () => {
    cancel.remove();
    details.append(panel);
    dialog.remove();
    silence();
    summary.focus();
  };
  document.body.append(dialog);
  dialog.showModal();
  (typical || reason || cancel).focus();
}
on("click", (event) => {
  const summary = event.target.closest(".ask > summary");
  if (summary) { event.preventDefault(); ask(summary); }
});

// The browser's bubble speaks its own language; ours is Russian.
on("invalid", ({ target }) => target.setCustomValidity("Заполните это поле."), true);
on("input", ({ target }) => target.setCustomValidity?.(""));

// A form's draft is needed until the page after its sending says that it is saved; signing out leaves nothing behind.
const sent = sessionStorage.getItem("sent");
sessionStorage.removeItem("sent");
if (sent && $(".flashes .t-ok")) sessionStorage.removeItem(sent);
on("submit", ({ target }) => {
  if (!target.matches(".sign-out")) return;
  sessionStorage.clear();
  Object.keys(localStorage).filter((name) => name.startsWith("recent:")).forEach((name) => localStorage.removeItem(name));
});

// One sending per click; the buttons return later, because the answer may be a file.
on("submit", ({ target: form }) => {
  if (form.method === "get") return;
  const freeze = (yes) => [...form.elements].forEach((item) => { if (item.type === "submit") item.disabled = yes; });
  setTimeout(freeze, 0, true);
  setTimeout(freeze, 6000, false);
  addEventListener("pageshow", () => freeze(false));
});

// Addresses of lists stay short: no empty filters, no words of a chosen value.
on("formdata", ({ target: form, formData }) => {
  if (form.method === "get") for (const [name, value] of [...formData]) if (!value || name.endsWith("_text")) formData.delete(name);
});

// Search everywhere: its dialog is fetched when the page is idle, so that no letter typed after Ctrl K is lost.
const opener = $(".everywhere-open");
let dialogScript;
const fetchDialog = () => (dialogScript ??= import("./search.js" + new URL(import.meta.url).search));
// What is typed while the dialog is still on its way goes into its field; Enter opens the page of the search, Escape nothing.
let waiting = null;
const keep = (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key.length === 1) waiting += event.key;
  else if (event.key === "Backspace") waiting = waiting.slice(0, -1);
  else if (event.key === "Enter") location.assign(`${opener.href}?${new URLSearchParams({ q: waiting })}`);
  else if (event.key === "Escape") given(waiting = null);
  else return;
  event.preventDefault();
};
const given = () => document.removeEventListener("keydown", keep, true);
async function searchEverywhere() {
  if (waiting !== null) return;
  waiting = "";
  on("keydown", keep, true);
  // without the script the search is a page
  const { open } = await fetchDialog().catch(() => ({ open: (href) => location.assign(href) }));
  given();
  if (waiting !== null) open(opener.href, waiting);
  waiting = null;
}
if (opener) {
  (window.requestIdleCallback ?? setTimeout)(() => fetchDialog().catch(() => {}));
  opener.onclick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    searchEverywhere();
  };
  on("keydown", (event) => {
    // by place: the letter depends on the keyboard
    if (event.code !== "KeyK" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    searchEverywhere();
  });
}
