// What is typed into a form stays in this tab until it is saved: the sign-in may expire, the network may break.
// portal.js forgets a draft when the page after the sending says that it is saved, and all of them on signing out.
const form = document.querySelector("[data-guard][data-owner]");
const KEPT = 12 * 3600 * 1000; // ms
const SECRET = "[type=password], [type=file], [type=submit], [type=button], [name=csrf_token]";
const SERVICE = ["version", "opened"]; // they come back with the draft, so that a change made meanwhile is noticed

if (form) {
  const mine = `draft:${form.dataset.owner}:`, key = mine + location.pathname + location.search;
  // Another person at the same computer: nothing of the first one's is left.
  Object.keys(sessionStorage).filter((name) => name.startsWith("draft:") && !name.startsWith(mine)).forEach((name) => sessionStorage.removeItem(name));

  const controls = () => [...form.elements].filter((item) => item.name && !item.matches(SECRET));
  const isBox = (item) => item.matches("[type=checkbox], [type=radio]");
  const words = (item) => (item.closest(".picked") ? item.parentElement.textContent.trim() : "");
  let touched = Boolean(document.querySelector("#errors")), forgetting = false, timer;

  // name → [[value, words of a chosen row], …]
  function read() {
    const values = {};
    for (const item of controls()) if (!isBox(item) || item.checked) (values[item.name] ??= []).push([item.value, words(item)]);
    return values;
  }
  const plain = (values) => JSON.stringify(Object.entries(values).filter(([name]) => !SERVICE.includes(name)).sort());

  function keep() {
    clearTimeout(timer);
    try {
      if (touched && !forgetting) sessionStorage.setItem(key, JSON.stringify({ at: Date.now(), values: read() }));
    } catch { /* no room: typing goes on without a draft */ }
  }

  function write(values) {
    for (const item of controls()) {
      const kept = (values[item.name] || []).map(([value]) => value);
      if (isBox(item)) item.checked = kept.includes(item.value);
      else if (kept.length) item.value = kept[0];
    }
    form.querySelectorAll(".lookup").forEach((box) => box.dispatchEvent(new CustomEvent("restore", { detail: values[box.dataset.name] || [] })));
    form.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function offer({ at, values }) {
    const note = document.createElement("div"), text = document.createElement("p"), buttons = document.createElement("div");
    const close = (action) => () => { note.remove(); action(); form.querySelector("input:not([type=hidden]), select, textarea").focus(); };
    const button = (label, look, action) => Object.assign(document.createElement("button"), { type: "button", className: look, textContent: label, onclick: close(action) });
    note.className = "alert t-wait draft";
    text.textContent = `В этой форме осталось введённое и не сохранённое: ${new Date(at).toLocaleString("ru-RU", { day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit" })}.`;
    buttons.className = "btns";
    buttons.append(button("Восстановить введённое", "btn", () => write(values)), button("Не нужно", "btn quiet", () => sessionStorage.removeItem(key)));
    note.append(text, buttons);
    form.before(note);
    buttons.firstElementChild.focus();
  }

  const draft = JSON.parse(sessionStorage.getItem(key) || "null");
  if (draft && Date.now() - draft.at > KEPT) sessionStorage.removeItem(key);
  else if (draft && !touched && plain(draft.values) !== plain(read())) offer(draft);

  const later = () => { touched = true; forgetting = false; clearTimeout(timer); timer = setTimeout(keep, 300); };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  form.addEventListener("submit", () => { touched = true; keep(); sessionStorage.setItem("sent", key); });
  const forget = () => { forgetting = true; sessionStorage.removeItem(key); }; // until the next key, if the user stays
  document.querySelectorAll("[data-forget]").forEach((link) => link.addEventListener("click", forget));
  document.addEventListener("submit", ({ target }) => { if (target.matches(".sign-out")) forget(); });
  addEventListener("pagehide", keep);
  keep();
}
