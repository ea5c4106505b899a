// Keeps the panel up to date. Without it the page is right at the moment it was loaded.
const base = new URL('.', document.currentScript.src.replace(/assets\/.*$/, '')).href;
const live = document.querySelectorAll('[data-live]');

async function renew() {
  const answer = await fetch(base, { headers: { Accept: 'text/html' } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const part of live) {
    const fresh = page.querySelector(`[data-live="${part.dataset.live}"]`);
    // Not while someone is using this very part: focus and open details must not jump away.
    if (fresh && !part.contains(document.activeElement) && fresh.innerHTML !== part.innerHTML) {
      part.replaceChildren(...fresh.childNodes);
    }
  }
}

let due;
const events = new EventSource(`${base}events`);
events.addEventListener('change', () => {
  clearTimeout(due);
  due = setTimeout(renew, 150);
});
// Too many pages watch, and this is the oldest: coming back would push out another.
events.addEventListener('over', () => events.close());
