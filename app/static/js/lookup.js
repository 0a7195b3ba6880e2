// Search in a big directory (WAI-ARIA combobox); the answer is {results: [{id, text, detail}], more}.
const PAUSE = 150; // ms without typing before asking
const FAILED = { results: [], failure: "Поиск не отвечает. Повторите позже: введённые слова сохранятся." };
const EXPIRED = { results: [], failure: "Вход истёк. Сохраните форму: портал попросит войти и вернёт введённое." };
const NOTHING = "Ничего не найдено. Проверьте написание или введите только начало слова; если записи нет в портале, обратитесь к оператору.";
const put = (item, attributes) => { for (const name in attributes) item.setAttribute(name, attributes[name]); };
const make = (tag, attributes, text = "") => {
  const made = document.createElement(tag);
  put(made, attributes);
  made.textContent = text;
  return made;
};

document.querySelectorAll(".lookup").forEach((box, number) => {
  const input = box.querySelector("[type=text]"), value = box.querySelector("[type=hidden]"); // no value when many are chosen
  const list = make("ul", { role: "listbox", id: `found${number}`, "aria-label": "Найденное" }), state = make("p", { role: "status" });
  const found = make("div", { class: "found", hidden: "" }), clear = make("button", { type: "button", class: "clear", "aria-label": "Очистить", tabindex: -1 }, "×");
  let results = [], fresh = false, active = -1, asked, timer; // fresh: found by the words that stand in the field

  function mark(index) {
    active = index;
    const items = [...list.children];
    items.forEach((item, at) => put(item, { "aria-selected": at === index }));
    put(input, { "aria-activedescendant": items[index]?.id || "" });
    items[index]?.scrollIntoView({ block: "nearest" });
  }

  function open(yes) {
    found.hidden = !yes;
    list.hidden = !results.length;
    put(input, { "aria-expanded": yes && !list.hidden });
    mark(yes && input.value && !value?.value ? 0 : -1);
  }

  function show({ results: rows, more, failure }) {
    results = rows;
    fresh = true;
    list.replaceChildren(...rows.map(({ text, detail }, index) => {
      const item = make("li", { role: "option", id: list.id + "-" + index }, text);
      if (detail) item.append(make("small", {}, detail));
      return item;
    }));
    state.textContent = failure || (!rows.length ? NOTHING : more ? "Показаны первые: уточните запрос." : "");
    open(true);
  }

  async function ask() {
    const mine = asked = {}, address = new URL(box.dataset.url, location);
    address.searchParams.set("q", value?.value ? "" : input.value.trim());
    const answer = await fetch(address, { redirect: "manual" }).then((reply) => (reply.type === "opaqueredirect" ? EXPIRED : reply.json())).catch(() => FAILED);
    if (mine === asked) show(answer);
  }

  // The form becomes unsaved; a filter is applied at once.
  function set(id, text) {
    if (value) value.value = id;
    input.value = text;
    input.removeAttribute("aria-invalid");
    clear.hidden = !text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    if (box.closest(".bar")) input.form.requestSubmit();
  }

  function pick(id, text) {
    const picked = box.firstElementChild, chip = make("label", { class: "chip on" });
    chip.append(make("input", { type: "checkbox", name: box.dataset.name, value: id, checked: "" }), " " + text);
    if (!picked.querySelector(`[value="${id}"]`)) picked.append(chip);
    set("", "");
  }

  // What was asked for and has not come yet is no longer wanted.
  function still() {
    clearTimeout(timer);
    asked = null;
  }

  // What is seen may be pressed also while the next answer is on its way.
  function choose(index) {
    if (!results[index]) return;
    still();
    const { id, text } = results[index];
    if (value) set(id, text); else pick(id, text);
    open(false);
  }

  function key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1, Enter: 0, Escape: 0 }[event.key];
    if (step === undefined || found.hidden && !step || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (found.hidden) ask();
    else if (step) mark(Math.max(0, Math.min(active + step, results.length - 1)));
    else if (event.key === "Enter") choose(fresh ? active : -1); else open(false);
  }

  function typed() {
    if (value) value.value = "";
    clear.hidden = !input.value;
    fresh = false;
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  }

  // Words left without a choice: the only find is taken, else they are marked, never wiped.
  function leave() {
    still();
    if (value?.value === "" && input.value.trim()) {
      if (fresh && results.length === 1) choose(0); else put(input, { "aria-invalid": true });
    }
    open(false);
  }

  found.append(list, state);
  box.append(found, clear);
  clear.hidden = !input.value;
  put(input, { role: "combobox", "aria-expanded": false, "aria-autocomplete": "list", "aria-controls": list.id });
  Object.assign(input, { oninput: typed, onclick: () => { if (found.hidden) ask(); }, onkeydown: key, onblur: leave });
  found.onmousedown = (event) => event.preventDefault();
  // A draft comes back: the fields are filled, the chosen rows of several are put beside them.
  box.addEventListener("restore", ({ detail }) => {
    const words = input.value;
    if (!value) detail.filter(([, text]) => text).forEach(([id, text]) => pick(id, text));
    input.value = words;
    clear.hidden = !words;
  });
  list.onclick = ({ target }) => choose([...list.children].indexOf(target.closest("li")));
  clear.onclick = () => { set("", ""); input.focus(); };
});
