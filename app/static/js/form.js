// Forms: errors are read first, a wrong click loses nothing, numbers take their shape while being typed.
const errors = document.querySelector("#errors"), guarded = document.querySelector("[data-guard]");
errors?.focus();
if (guarded) {
  let unsaved = Boolean(errors);
  guarded.oninput = () => { unsaved = true; };
  guarded.onsubmit = () => { unsaved = false; };
  addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
}

// "0" stands for a digit; other signs are put in when the digit after them is typed.
const shapes = { snils: "000-000-000 00", phone: "+7 (000) 000-00-00", date: "00.00.0000" };
function shaped(kind, text) {
  const digits = [...text.replace(/\D/g, "")];
  if (kind === "phone" && /[78]/.test(digits[0])) digits.shift();
  return shapes[kind].replace(/[^0]*0/g, (piece) => (digits.length ? piece.slice(0, -1) + digits.shift() : "")) + digits.join("");
}

// The mask never forbids: it works at the end of digits only, and leaves «1.9.2026» as typed.
document.addEventListener("input", ({ target: field, inputType }) => {
  const kind = field.dataset.mask;
  if (!(kind in shapes) || inputType?.startsWith("delete") || field.selectionStart < field.value.length) return;
  if (!/[^\d\s.,:()+/-]|(^|[.,/])\d[.,/]/.test(field.value)) field.value = shaped(kind, field.value);
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
