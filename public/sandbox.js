// Keeps the control room up to date and answers its forms in place. Without it every button works by a reload.
const base = new URL('.', document.currentScript.src.replace(/assets\/.*$/, '')).href;
const live = document.querySelectorAll('[data-live]');
const said = document.querySelector('[data-live="said"]');

/** Takes over what is new in another copy of this page; unasked, nothing that somebody is using. */
function show(page, isAsked) {
  for (const part of live) {
    const fresh = page.querySelector(`[data-live="${part.dataset.live}"]`);
    if (fresh && (isAsked || (part !== said && !isInUse(part)))) renew(part, fresh);
  }
}

/** What is open stays open, and the focus stays where it is, or near where its button was. */
function renew(part, fresh) {
  for (const { id, open } of part.querySelectorAll('details[id]')) {
    const same = fresh.querySelector(`#${id}`);
    if (same) same.open = open;
  }
  if (fresh.innerHTML === part.innerHTML) return;
  const focused = part.contains(document.activeElement) ? document.activeElement.id : '';
  part.replaceChildren(...fresh.childNodes);
  if (focused) focusAgain(document.getElementById(focused), part.closest('section'));
}

function focusAgain(button, section) {
  const isThere = button !== null && !button.disabled;
  if (!isThere) section.tabIndex = -1;
  (isThere ? button : section).focus({ preventScroll: true });
}

/** Somebody is choosing or marking something in it. */
function isInUse(part) {
  const mark = getSelection();
  return (
    (!mark.isCollapsed && mark.containsNode(part, true)) ||
    part.querySelector('input:focus, select:focus') !== null
  );
}

async function pageFrom(address, options = {}) {
  const answer = await fetch(address, { headers: { Accept: 'text/html' }, ...options });
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  return { isOk: answer.ok, page };
}

let gone;

document.addEventListener('submit', async (event) => {
  const form = event.target;
  event.preventDefault();
  try {
    const body = new URLSearchParams(new FormData(form, event.submitter));
    const { isOk, page } = await pageFrom(form.action, { method: 'POST', body });
    if (isOk) show(page, true);
    else said.textContent = page.querySelector('main .quiet')?.textContent ?? 'That did not work.';
  } catch {
    said.textContent = 'The sandbox cannot be reached. Is it still running?';
  }
  clearTimeout(gone); // it lies over the page: it goes when it has been read
  gone = setTimeout(() => said.replaceChildren(), 8000);
});

async function renewAll() {
  const { isOk, page } = await pageFrom(base).catch(() => ({ isOk: false })); // the stream finds out when it is back
  if (isOk) show(page, false);
}

let due;
const events = new EventSource(`${base}events`);
events.addEventListener('change', () => {
  clearTimeout(due);
  due = setTimeout(renewAll, 150);
});
// Too many pages watch, and this is the oldest: coming back would push out another.
events.addEventListener('over', () => events.close());
