// Search everywhere (WAI-ARIA combobox in a native dialog); the answer is {total, asked, groups: [{title, items, more_href}]}.
const PAUSE = 120; // ms without typing before asking
const KEPT = 8;
const make = (tag, attributes = {}, ...content) => {
  const made = document.createElement(tag);
  for (const name in attributes) made.setAttribute(name, attributes[name]);
  made.append(...content);
  return made;
};
let dialog, input, list, state, options = [], active = -1, asked, timer, address;

// What this user opened lately: kinds and ids only, no names; the server names them by the rights of now. Another user's are removed.
const user = document.querySelector(".everywhere-open")?.dataset.owner, mine = `recent:${user}`;
const recent = () => (user && localStorage.getItem(mine)) || "";
if (user) {
  Object.keys(localStorage).filter((name) => name.startsWith("recent:") && name !== mine).forEach((name) => localStorage.removeItem(name));
  const card = location.pathname.match(/^\/([a-z_]+)\/show\/(\d+)$/);
  if (card) {
    const entry = `${card[1]}-${card[2]}`, others = recent().split(",").filter((other) => other && other !== entry);
    try {
      localStorage.setItem(mine, [entry, ...others].slice(0, KEPT));
    } catch { /* no room: nothing is remembered */ }
  }
}

function mark(index) {
  active = index;
  options.forEach((option, at) => option.setAttribute("aria-selected", at === index));
  if (options[index]) input.setAttribute("aria-activedescendant", options[index].id);
  else input.removeAttribute("aria-activedescendant");
  options[index]?.scrollIntoView({ block: "nearest" });
}

// What is done by POST takes the mark of the page's own forms.
function send(href, fields) {
  const token = document.querySelector("form [name=csrf_token]");
  // signing out has no fields: portal.js forgets what this browser keeps of the user
  const form = make("form", { method: "post", action: href, class: Object.keys(fields).length ? "" : "sign-out", hidden: "" });
  for (const [name, value] of Object.entries({ ...fields, csrf_token: token.value })) form.append(make("input", { type: "hidden", name, value }));
  document.body.append(form);
  form.requestSubmit();
}

function option({ text, detail, href, post }) {
  const made = make(post ? "span" : "a", { role: "option", id: `everywhere${options.length}`, tabindex: -1, "aria-selected": false }, text);
  if (post) made.onclick = () => send(href, post);
  else made.href = href;
  if (detail) made.append(make("small", {}, detail));
  options.push(made);
  return made;
}

// An answer with what can be done with it at once: Right and Left go along the line, Up and Down from line to line.
function line(item) {
  const lead = option(item);
  if (!item.acts?.length) return lead;
  const acts = item.acts.map((act) => {
    const made = option({ ...act, detail: "" });
    made.setAttribute("aria-label", `${act.text}: ${item.text}`);
    made.classList.add("act");
    return made;
  });
  return make("div", { class: "answer", role: "presentation" }, lead, make("div", { class: "acts", role: "presentation" }, ...acts));
}

function show({ groups, total, asked: meant }) {
  options = [];
  list.replaceChildren(...groups.map(({ title, items, more_href }) => {
    const group = make("div", { role: "group", "aria-label": title }, make("p", { "aria-hidden": true }, title), ...items.map(line));
    if (more_href) group.append(option({ text: `Показать все: ${title}`, detail: "", href: more_href }));
    return group;
  }));
  const words = input.value.trim(), found = total ? `Найдено: ${total}` : "Ничего не найдено. Введите начало фамилии, полный СНИЛС или номер.";
  const keys = options.some((one) => one.matches(".act")) ? ". Стрелка вправо — что можно сделать сразу" : "";
  state.textContent = words ? (meant ? `Искали «${meant}». ` : "") + found + keys : "";
  list.hidden = !options.length;
  input.setAttribute("aria-expanded", !list.hidden);
  mark(options.length && words ? 0 : -1);
}

async function ask() {
  asked?.abort();
  const mine = asked = new AbortController(), url = new URL(address), q = input.value.trim(), kept = recent();
  if (!q && !kept) return show({ groups: [], total: 0 });
  url.searchParams.set(...(q ? ["q", q] : ["recent", kept]));
  try {
    const reply = await fetch(url, { headers: { Accept: "application/json" }, signal: mine.signal });
    if (reply.redirected || !reply.ok) throw new Error(reply.status);
    show(await reply.json());
  } catch (error) {
    if (error.name === "AbortError") return;
    show({ groups: [], total: 0 });
    state.textContent = "Поиск не отвечает. Обновите страницу и повторите.";
  }
  dialog.dataset.answered = q;
}

// The next option in a direction: along the line (acts only) or to another line, from the last one to the first.
function next(step, along) {
  if (along) return options[active + step]?.matches(".act") || (step < 0 && options[active]?.matches(".act")) ? active + step : active;
  let at = active < 0 && step < 0 ? options.length : active;
  if (step < 0 && options[at]?.matches(".act")) while (options[at].matches(".act")) at -= 1;
  do at = (at + step + options.length) % options.length; while (options[at].matches(".act"));
  return at;
}

function key(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key], side = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const atEnd = input.selectionStart === input.value.length && !event.shiftKey;
  if (event.key === "Escape") {
    // the browser's own Escape empties the field first; here it closes at once
    event.preventDefault();
    dialog.close();
  } else if (step && options.length) {
    event.preventDefault();
    mark(next(step));
  } else if (side && atEnd && next(side, true) !== active) {
    event.preventDefault();
    mark(next(side, true));
  } else if (event.key === "Enter" && options[active] && dialog.dataset.answered === input.value.trim()) {
    event.preventDefault();
    options[active].click();
  }
}

function build() {
  input = make("input", {
    type: "search", name: "q", role: "combobox", autocomplete: "off", "aria-label": "Поиск по всему порталу", "aria-expanded": false,
    "aria-autocomplete": "list", "aria-controls": "everywhere", placeholder: "Фамилия, СНИЛС, номер чека, слова из названия",
  });
  list = make("div", { role: "listbox", id: "everywhere", "aria-label": "Найденное", hidden: "" });
  state = make("p", { role: "status", class: "note" });
  const close = make("button", { type: "button", class: "btn" }, "Закрыть");
  // without an answer yet, Enter opens the page of the search
  dialog = make("dialog", { class: "everywhere", "aria-label": "Поиск" }, make("form", { class: "find", action: address, role: "search" }, input, close), list, state);
  Object.assign(input, { onkeydown: key, oninput: () => { clearTimeout(timer); timer = setTimeout(ask, PAUSE); } });
  close.onclick = () => dialog.close();
  dialog.onclick = ({ target }) => { if (target === dialog) dialog.close(); };
  document.body.append(dialog);
}

/** Open the dialog with the words typed meanwhile; closing it gives the focus back to where it was. */
export function open(href, words = "") {
  address = href;
  if (!dialog) build();
  if (dialog.open) return;
  dialog.showModal();
  input.focus();
  input.select();
  if (words) input.value = words;
  if (words || !input.value) ask();
}
