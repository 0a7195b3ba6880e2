// Search everywhere (WAI-ARIA combobox in a native dialog); the answer is {total, groups: [{title, items, more_href}]}.
const PAUSE = 120; // ms without typing before asking
const make = (tag, attributes = {}, ...content) => {
  const made = document.createElement(tag);
  for (const name in attributes) made.setAttribute(name, attributes[name]);
  made.append(...content);
  return made;
};
let dialog, input, list, state, options = [], active = -1, asked, timer, address;

function mark(index) {
  active = index;
  options.forEach((option, at) => option.setAttribute("aria-selected", at === index));
  if (options[index]) input.setAttribute("aria-activedescendant", options[index].id);
  else input.removeAttribute("aria-activedescendant");
  options[index]?.scrollIntoView({ block: "nearest" });
}

function option({ text, detail, href }) {
  const made = make("a", { role: "option", id: `everywhere${options.length}`, href, tabindex: -1, "aria-selected": false }, text);
  if (detail) made.append(make("small", {}, detail));
  options.push(made);
  return made;
}

function show({ groups, total }) {
  options = [];
  list.replaceChildren(...groups.map(({ title, items, more_href }) => {
    const group = make("div", { role: "group", "aria-label": title }, make("p", { "aria-hidden": true }, title), ...items.map(option));
    if (more_href) group.append(option({ text: `Показать все: ${title}`, detail: "", href: more_href }));
    return group;
  }));
  const words = input.value.trim();
  state.textContent = !words ? "" : total ? `Найдено: ${total}` : "Ничего не найдено. Введите начало фамилии, полный СНИЛС или номер.";
  list.hidden = !options.length;
  input.setAttribute("aria-expanded", !list.hidden);
  mark(options.length ? 0 : -1);
}

async function ask() {
  asked?.abort();
  const mine = asked = new AbortController(), url = new URL(address), q = input.value.trim();
  if (!q) return show({ groups: [], total: 0 });
  url.searchParams.set("q", q);
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

function key(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape") {
    // the browser's own Escape empties the field first; here it closes at once
    event.preventDefault();
    dialog.close();
  } else if (step && options.length) {
    event.preventDefault();
    mark((active + step + options.length) % options.length);
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
  if (!words) return;
  input.value = words;
  ask();
}
