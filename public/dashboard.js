// Keeps the dashboard up to date. Without it the page is right at the moment it says at its end.

import { letSpeak } from './charts.js';
import { relative } from './relative.js';
import { watchConnection } from './watch.js';

const page = () => document.querySelector('[data-now]');
let ahead = Date.parse(page().dataset.now) - Date.now();

function tick() {
  const now = Date.now() + ahead;
  for (const moment of document.querySelectorAll('[data-moment]')) {
    moment.textContent = relative(Date.parse(moment.dataset.moment), now);
  }
}

async function renew() {
  const answer = await fetch(location.href, { headers: { Accept: 'text/html' } });
  if (answer.redirected) return location.assign(answer.url);
  if (!answer.ok) return undefined;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const part of document.querySelectorAll('[data-live]')) {
    const next = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    // Not while someone is using this very part: focus must not jump away.
    if (!next || part.contains(document.activeElement)) continue;
    for (const open of part.querySelectorAll('details[open]')) {
      next.querySelector(`#${open.id}`)?.setAttribute('open', '');
    }
    part.replaceWith(next);
    letSpeak(next);
  }
  ahead = Date.parse(page().dataset.now) - Date.now();
  return tick();
}

let due;
const soon = () => {
  clearTimeout(due);
  due = setTimeout(() => renew().catch(() => {}), 150);
};

const connection = watchConnection({
  open: () => new EventSource(`/events?since=${encodeURIComponent(page().dataset.now)}`),
  async ask() {
    const answer = await fetch('/api/connection');
    if (!answer.ok) return Promise.reject(answer.status);
    return `${await answer.text()} ${Date.now() + ahead < Date.parse(page().dataset.dayEnds)}`;
  },
  changed: soon,
  clock: window,
});
// A page that nobody sees needs no stream: browsers have few connections for one site.
document.addEventListener('visibilitychange', () => {
  if (document.hidden) connection.stop();
  else connection.start(false);
});
if (!document.hidden) connection.start(true);

letSpeak(document);
tick();
setInterval(tick, 1000);
