// Keeps the dashboard up to date. Without it the page is right at the moment it says at its end.

import { letSpeak } from './charts.js';
import './copy.js';
import { createHealing } from './heal.js';
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

/** Seconds until the page is worth asking for again; 0: nobody knows; null: it is well. */
function again() {
  const seconds = page().dataset.again;
  return seconds === undefined ? null : Number(seconds);
}

/** Some part shows what was true before: somebody is using it. */
let isBehind = false;

async function renew() {
  const options = { headers: { Accept: 'text/html' }, signal: AbortSignal.timeout(30_000) };
  const answer = await fetch(location.href, options);
  if (answer.redirected) {
    location.assign(answer.url);
    return null;
  }
  if (!answer.ok) return 0;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  isBehind = false;
  for (const part of document.querySelectorAll('[data-live]')) {
    const next = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    if (!next) continue;
    if (part.contains(document.activeElement)) {
      isBehind = true; // focus must not jump away
      continue;
    }
    for (const open of part.querySelectorAll('details[open]')) {
      next.querySelector(`#${open.id}`)?.setAttribute('open', '');
    }
    part.replaceWith(next);
    letSpeak(next);
  }
  ahead = Date.parse(page().dataset.now) - Date.now();
  tick();
  if (document.title !== fresh.title) {
    document.title = fresh.title;
    document.querySelector('#state').textContent = `${fresh.title.split(' – ')[0]}.`;
  }
  return again();
}

let due;
let renewing = Promise.resolve();
function soon() {
  clearTimeout(due);
  due = setTimeout(() => {
    renewing = renewing
      .then(renew)
      .catch(() => 0)
      .then((seconds) => {
        if (!document.hidden) healing.shown(seconds);
      });
  }, 150);
}

const healing = createHealing({ renew: soon, clock: window });
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
  if (document.hidden) {
    connection.stop();
    healing.stop();
  } else {
    connection.start(false);
    healing.shown(again());
  }
});
window.addEventListener('online', () => {
  if (!document.hidden) connection.start(false);
});
document.addEventListener('focusout', ({ target, relatedTarget }) => {
  const isElsewhere = relatedTarget?.closest('[data-live]') !== target.closest('[data-live]');
  if (isBehind && isElsewhere) soon();
});
if (!document.hidden) {
  connection.start(true);
  healing.shown(again());
}

document.querySelector('.notice[autofocus]')?.focus(); // where browsers do so for fields of forms alone
letSpeak(document);
tick();
setInterval(tick, 1000);
