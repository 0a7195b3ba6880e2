// The journal: a click or Space turns a square ✓ → н → у, arrows lead from square to square, each change saves itself.
const form = document.querySelector("form.journal[data-quick]"), told = document.querySelector("[data-told]");
const SIGNS = { "": "·", present: "✓", absent: "н", excused: "у" }, ORDER = ["present", "absent", "excused"], PAUSE = 350;
const stored = {}, squares = new Map();
let timer, waiting = new Set();

function draw(select) {
  const button = squares.get(select.name), word = form.dataset[`word${select.value || "none"}`];
  button.textContent = SIGNS[select.value];
  button.className = `mk ${select.value || "empty"}`;
  button.setAttribute("aria-label", `${select.getAttribute("aria-label")}: ${word}`);
}

function tell(text, bad) {
  told.textContent = text;
  told.className = bad ? "err" : "";
}

async function send(more = {}, names = [...waiting]) {
  clearTimeout(timer);
  if (!names.length) return;
  waiting = new Set();
  const body = new URLSearchParams({ csrf_token: form.elements.csrf_token.value, ...more });
  for (const name of names) body.set(name, form.elements[name].value);
  body.set("shown", names.filter((name) => stored[name]).map((name) => `${name.slice(2)}-${stored[name]}`).join(" "));
  try {
    const answer = await fetch(location.href, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "manual" });
    const { marks, shares, problem } = await answer.json();
    for (const [name, value] of Object.entries(marks)) {
      stored[name] = value;
      if (waiting.has(name)) continue;
      form.elements[name].value = value;
      draw(form.elements[name]);
    }
    for (const [row, share] of Object.entries(shares)) document.getElementById(`share-${row}`).textContent = share;
    tell(problem || "Сохранено.", Boolean(problem));
  } catch {
    for (const name of names) waiting.add(name);
    tell("Не сохранено: ответа нет. Отметки останутся на странице, следующая отметка отправит и их.", true);
  }
}

function turn(select) {
  select.value = ORDER[(ORDER.indexOf(select.value) + 1) % ORDER.length];
  draw(select);
  waiting.add(select.name);
  clearTimeout(timer);
  timer = setTimeout(send, PAUSE);
}

function go(from, rows, columns) {
  const row = from.closest("tr"), cells = [...row.querySelectorAll(".mk")], lines = [...form.querySelectorAll("tbody tr")].filter((line) => line.querySelector(".mk"));
  const line = lines[lines.indexOf(row) + rows], place = cells.indexOf(from) + columns;
  const next = line && [...line.querySelectorAll(".mk")][place];
  if (!next) return;
  from.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

if (form) {
  for (const select of form.querySelectorAll(".mark select")) {
    const button = document.createElement("button");
    button.type = "button";
    button.tabIndex = squares.size ? -1 : 0;
    stored[select.name] = select.value;
    squares.set(select.name, button);
    select.hidden = true;
    select.after(button);
    draw(select);
    button.onclick = () => {
      for (const other of squares.values()) other.tabIndex = other === button ? 0 : -1;
      turn(select);
    };
    button.onkeydown = (event) => {
      if (!(event.key in STEPS)) return;
      event.preventDefault();
      go(button, ...STEPS[event.key]);
    };
  }
  form.addEventListener("click", (event) => {
    const all = event.target.closest("button[name=all]");
    if (!all) return;
    event.preventDefault();
    const names = [...squares.keys()].filter((name) => name.startsWith(`m-${all.value}-`));
    send({ all: all.value }, [...new Set([...names, ...waiting])]);
  });
  addEventListener("pagehide", () => send());
}
