// «Поделиться»: the device's own sheet where it has one, else the address is copied. Without scripts it is a link to the page.
const said = document.querySelector("#shared");
document.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-share]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const what = { title: link.dataset.share, url: link.href };
  try {
    if (navigator.canShare?.(what)) return void await navigator.share(what);
    await navigator.clipboard.writeText(link.href);
    said.textContent = "Ссылка скопирована.";
  } catch (error) {
    if (error.name !== "AbortError") said.textContent = `Скопируйте ссылку: ${link.href}`;
  }
});
