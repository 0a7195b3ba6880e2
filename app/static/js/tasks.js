// «Мои задания»: the progress is asked every two seconds while something runs and the page is looked at.
const box = document.querySelector("#tasks"), told = document.querySelector("#told");
const item = (id) => box.querySelector(`[data-task="${id}"]`);
const running = () => box.querySelector("progress");
let timer = 0, asking = false;

function show({ id, done, total, words }) {
  const task = item(id);
  Object.assign(task.querySelector("progress"), { max: total || 1, value: done });
  const line = task.querySelector("[data-progress]");
  if (line.textContent !== words) line.textContent = words;
}

// A task that has begun or ended looks different: its piece of the page is taken from a fresh one. The focus stays.
async function renew(changed) {
  const answer = await fetch(location.href);
  if (!answer.ok || answer.redirected) return location.reload();
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const said = [];
  for (const id of changed) {
    const now = fresh.querySelector(`[data-task="${id}"]`), old = item(id);
    if (!now || !old) return location.reload();
    const held = old.contains(document.activeElement);
    old.replaceWith(now);
    if (held) (now.querySelector("a, button") || box).focus();
    said.push(`${now.querySelector("h2").textContent}: ${now.querySelector(".pill").textContent}`);
  }
  told.textContent = said.join(". ");
}

async function ask() {
  if (asking) return;
  asking = true;
  try {
    const answer = await fetch(box.dataset.state, { headers: { Accept: "application/json" } });
    if (answer.redirected) return location.reload();
    if (!answer.ok) return;
    const { tasks } = await answer.json(), changed = [];
    for (const task of tasks) {
      const shown = item(task.id);
      if (!shown || shown.dataset.status !== task.status) changed.push(task.id);
      else if (shown.querySelector("progress")) show(task);
    }
    if (changed.length) await renew(changed);
  } catch { /* the connection broke: the next turn asks again */ } finally { asking = false; watch(); }
}

function watch() {
  clearTimeout(timer);
  if (running() && !document.hidden) timer = setTimeout(ask, 2000);
}

box.tabIndex = -1;
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : running() && ask()));
watch();
