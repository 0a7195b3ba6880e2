// Forms: errors are read first, a wrong click loses nothing, numbers take their shape while being typed.
const errors = document.querySelector("#errors"), record = document.querySelector("[data-guard]");
errors?.focus();
if (record) {
  let unsaved = Boolean(errors);
  record.addEventListener("input", () => { unsaved = true; });
  record.addEventListener("submit", () => { unsaved = false; });
  addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
  // An empty form is there to be filled; on a phone the keyboard would cover it.
  if (record.matches("[data-new]") && !errors && matchMedia("(pointer: fine)").matches) {
    [...record.elements].find((item) => item.matches("input:not([type=hidden],[type=checkbox]), select, textarea") && !item.value)?.focus();
  }
}

// Ctrl Enter anywhere in a form presses its main button; said where there is a keyboard.
if (matchMedia("(pointer: fine)").matches) document.querySelectorAll(".submit .shortcut").forEach((words) => { words.hidden = false; });
document.addEventListener("keydown", (event) => {
  const form = event.target.closest("form[method=post]"), main = form?.querySelector(".submit .btn.main:not([disabled])");
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !main) return;
  event.preventDefault();
  document.activeElement.blur(); // a value that is checked or chosen on leaving is so first
  main.click();
});

// Who goes on typing in a field that another user changed means the own value.
document.querySelectorAll(".choice").forEach((choice) => {
  for (const type of ["input", "change"]) choice.querySelector(".mine").addEventListener(type, () => { choice.querySelector("[value=mine]").checked = true; });
});

// "0" stands for a digit; other signs are put in when the digit after them is typed.
const shapes = { snils: "000-000-000 00", phone: "+7 (000) 000-00-00", date: "00.00.0000" };
function fit(kind, text) {
  const digits = [...text];
  return digits.length ? shapes[kind].replace(/[^0]*0/g, (piece) => (digits.length ? piece.slice(0, -1) + digits.shift() : "")) + digits.join("") : "";
}

// Ten digits of a Russian number, as far as they are typed; nothing while it is unclear whether 8 is a prefix or 846 is Samara.
function national(text) {
  const digits = text.replace(/\D/g, "");
  if (text.trim().startsWith("+")) return digits[0] === "7" ? digits.slice(1) : "";
  return /^[78]/.test(digits) ? (digits.length === 11 ? digits.slice(1) : "") : digits;
}

function shaped(kind, text, pasted) {
  if (kind === "phone") return fit(kind, national(text));
  if (kind === "date" && pasted) {
    const iso = text.trim().match(/^(\d{4})-(\d\d)-(\d\d)$/);
    if (iso) return iso.slice(1).reverse().join(".");
    if (/[^\d.\s]/.test(text)) return ""; // whether the day or the month comes first is not ours to guess
  }
  return fit(kind, text.replace(/\D/g, ""));
}

// The mask never forbids: it works at the end of digits only, and leaves «1.9.2026» and a foreign phone as typed.
document.addEventListener("input", ({ target: field, inputType }) => {
  const kind = field.dataset.mask;
  if (!(kind in shapes) || inputType?.startsWith("delete") || field.selectionStart < field.value.length) return;
  if (kind === "date" && /^\s*[+-]/.test(field.value)) return; // days from today
  if (!/[^\d\s.,:()+/-]|(^|[.,/])\d[.,/]/.test(field.value)) field.value = shaped(kind, field.value, /Paste|Drop/.test(inputType)) || field.value;
});

// The sentence about a value is the server's, asked as soon as the field is left; a right value is written as it will be kept.
function tell(field, sentence) {
  const id = field.id + "-error", others = (field.getAttribute("aria-describedby") || "").split(" ").filter((name) => name && name !== id);
  let line = document.getElementById(id);
  if (sentence && !line) {
    line = document.querySelector("#wrong").content.firstElementChild.cloneNode(true);
    line.id = id;
    field.closest(".field").append(line);
  }
  if (sentence) line.querySelector("span").textContent = sentence; else line?.remove();
  const about = [...others, ...(sentence ? [id] : [])].join(" ");
  if (about) field.setAttribute("aria-describedby", about); else field.removeAttribute("aria-describedby");
  field.setAttribute("aria-invalid", Boolean(sentence));
}
const preview = (field) => document.getElementById(field.id + "-preview");
async function ask(field, value) {
  const body = new URLSearchParams({ csrf_token: record.elements.csrf_token.value, field: field.dataset.check, value });
  const sent = fetch(record.dataset.checkUrl, { method: "POST", headers: { Accept: "application/json" }, redirect: "manual", body });
  // no answer, too many questions or an expired sign-in: saving will tell
  return sent.then((reply) => (reply.ok ? reply.json() : null)).catch(() => null);
}
async function check(field) {
  const value = field.value.trim(), answer = value && await ask(field, value);
  if (answer === null || field.value.trim() !== value) return;
  tell(field, answer.error);
  if (answer.value && !answer.error) field.value = answer.value;
  if (preview(field)) preview(field).textContent = answer.preview || "";
}
if (record?.dataset.checkUrl) record.addEventListener("change", ({ target }) => { if (target.dataset.check) check(target); });

// How numbers look: a part goes in at the caret, the numbers that follow are shown while the example is typed.
document.querySelectorAll(".mask-parts").forEach((parts) => {
  parts.hidden = false;
  parts.onclick = ({ target: { dataset } }) => {
    if (!dataset.insert) return;
    const field = document.getElementById(dataset.into);
    field.setRangeText(dataset.insert, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  };
});
let pause;
record?.addEventListener("input", ({ target: field }) => {
  if (!preview(field)) return;
  clearTimeout(pause);
  pause = setTimeout(async () => {
    const value = field.value.trim(), answer = value && await ask(field, value);
    if (field.value.trim() === value) preview(field).textContent = answer?.preview || "";
  }, 300);
});

document.querySelectorAll("[data-day]").forEach((button) => {
  const field = document.getElementById(button.dataset.day);
  button.hidden = false;
  button.setAttribute("aria-label", `Сегодня: ${field.labels[0].firstChild.textContent.trim()}`);
  button.onclick = () => {
    field.value = field.dataset.today;
    for (const type of ["input", "change"]) field.dispatchEvent(new Event(type, { bubbles: true }));
    field.focus();
  };
});

// The browser's own calendar; what is chosen is written into the field as if typed.
if ("showPicker" in HTMLInputElement.prototype) document.querySelectorAll("[data-calendar]").forEach((button) => {
  const field = document.getElementById(button.dataset.calendar), day = document.createElement("input");
  Object.assign(day, { type: "date", tabIndex: -1, onchange: () => {
    if (!day.value) return;
    field.value = day.value.split("-").reverse().join(".");
    for (const type of ["input", "change"]) field.dispatchEvent(new Event(type, { bubbles: true }));
    field.focus();
  } });
  day.setAttribute("aria-hidden", true);
  button.hidden = false;
  button.after(day);
  button.onclick = () => {
    const [, date, month, year] = field.value.match(/^(\d\d)\.(\d\d)\.(\d{4})$/) || [];
    day.value = year ? `${year}-${month}-${date}` : "";
    day.showPicker();
  };
});

document.querySelectorAll(".file input").forEach((input) => {
  input.onchange = () => { input.nextElementSibling.textContent = [...input.files].map((file) => file.name).join(", ") || "Файл не выбран"; };
});

document.querySelectorAll("[data-login]").forEach((button) => {
  button.onclick = () => {
    const { elements } = document.querySelector("#sign-in");
    elements.login.value = button.dataset.login;
    elements.password.value = button.dataset.password;
  };
});
