// Proof of work of a public form, done while its fields are filled in: by it a person's browser pays what a flood of programs
// cannot. Without scripts, or where the browser has no hashing (plain HTTP), the form is taken as well, only less often.
const field = document.querySelector("[data-work]");

async function work(token, bits) {
  const text = new TextEncoder();
  for (let nonce = 0; ; nonce += 1) {
    const hash = new DataView(await crypto.subtle.digest("SHA-256", text.encode(`${token}:${nonce}`)));
    if (Math.clz32(hash.getUint32(0)) >= bits) return String(nonce);
  }
}

if (field && globalThis.crypto?.subtle) {
  const token = field.form.elements.token.value;
  work(token, Number(field.dataset.work)).then((nonce) => { field.value = nonce; });
}
