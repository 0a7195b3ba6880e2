// Forms: errors are read first, a wrong click loses nothing, numbers and dates take their shape while being typed.
const errors = document.querySelector("#errors"), guarded = document.querySelector("[data-guard]");
errors?.focus();
if (guarded) {
  let unsaved = Boolean(errors);
  guarded.oninput = () => { unsaved = true; };
  guarded.onsubmit = () => { unsaved = false; };
  addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
}

// "0" stands for a digit, the other signs are put in when the digit after them is typed.
const shapes = { snils: "000-000-000 00", phone: "+7 (000) 000-00-00", date: "00.00.0000" };
function shaped(kind, text) {
  let digits = text.replace(/\D/g, ""), result = "";
  if (kind === "phone") digits = digits.replace(/^[78]/, "");
  for (const sign of shapes[kind]) {
    if (!digits) break;
    if (sign === "0") { result += digits[0]; digits = digits.slice(1); } else result += sign;
  }
  return result + digits;
}

// The mask helps and never forbids: it works only at the end of digits, and leaves «1.9.2026» as it is typed.
document.addEventListener("input", ({ target: field, inputType }) => {
  const kind = field.dataset.mask;
  if (!(kind in shapes) || inputType?.startsWith("delete") || field.selectionStart < field.value.length) return;
  if (!/[^\d\s.,:()+/-]|(^|[.,/])\d[.,/]/.test(field.value)) field.value = shaped(kind, field.value);
});

document.querySelectorAll(".file input").forEach((input) => {
  input.onchange = () => { input.nextElementSibling.textContent = [...input.files].map((file) => file.name).join(", ") || "Файл не выбран"; };
});

// Demo accounts of the sign-in page.
document.querySelectorAll("[data-login]").forEach((button) => {
  button.onclick = () => {
    const [login, password, enter] = ["[type=text]", "[type=password]", "button"].map((part) => document.querySelector("#login " + part));
    login.value = button.dataset.login;
    password.value = button.dataset.password;
    enter.focus();
  };
});
