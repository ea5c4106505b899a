import { ask } from '../torture/http.js';

const AT_ONCE = 8;

/** Goes to Withings and back; returns the cookies that the browser then has. @param {number} port */
export async function connect(port) {
  const begun = await ask(port, 'GET', '/connect');
  const jar = cookiesIn(begun.headers['set-cookie']);
  const authorize = new URL(String(begun.headers.location));
  const consented = await ask(Number(authorize.port), 'GET', authorize.pathname + authorize.search);
  const back = new URL(String(consented.headers.location));
  const arrived = await ask(port, 'GET', back.pathname + back.search, { Cookie: header(jar) });
  if (arrived.headers.location !== '/dashboard') throw new Error(`The callback answered ${arrived.status}`);
  return header({ ...jar, ...cookiesIn(arrived.headers['set-cookie']) });
}

/** Shows a page, which must be whole. @param {number} port @param {string} path @param {string} cookie */
export async function page(port, path, cookie) {
  const answer = await ask(port, 'GET', path, { Cookie: cookie });
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`);
  return answer;
}

/** Does it for each, a few at a time. @template T, U @param {T[]} items @param {(item: T) => Promise<U>} work */
export async function forEach(items, work) {
  const left = [...items.entries()];
  /** @type {U[]} */
  const done = [];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = left.shift(); next; next = left.shift()) done[next[0]] = await work(next[1]);
    }),
  );
  return done;
}

/** @param {string[]} [lines] @returns {Record<string, string>} */
function cookiesIn(lines = []) {
  const pairs = lines.map((line) => line.replace(/;.*/, '').split('='));
  return Object.fromEntries(pairs.map(([name, ...value]) => [name, value.join('=')]));
}

/** @param {Record<string, string>} jar */
function header(jar) {
  return Object.entries(jar)
    .map(([name, value]) => `${name}=${value}`)
    .join('; ');
}

/** Connects the demo user of the sandbox that the program has in itself. @param {number} port */
export async function connectToSandbox(port) {
  /** @type {Record<string, string>} */
  let jar = {};
  /** @param {string} address @param {Record<string, string>} [fields] */
  async function go(address, fields) {
    const form = fields && { method: 'POST', body: new URLSearchParams(fields) };
    const answer = await fetch(address, { ...form, redirect: 'manual', headers: { Cookie: header(jar) } });
    jar = { ...jar, ...cookiesIn(answer.headers.getSetCookie()) };
    return { next: answer.headers.get('location') ?? '', text: await answer.text() };
  }
  const begun = await go(`http://127.0.0.1:${port}/connect?mode=demo`);
  const asked = await go(begun.next);
  const [, consent = ''] = /name="consent" value="([^"]*)"/.exec(asked.text) ?? [];
  const scopes = { 'user.info': 'on', 'user.metrics': 'on', 'user.activity': 'on' };
  const answered = await go(begun.next, { consent, authorized: '1', ...scopes });
  await go(answered.next);
  return header(jar);
}

/** What the sandbox is told. @param {number} port @param {string} path @param {object} content */
export async function tell(port, path, content) {
  const headers = { 'Content-Type': 'application/json' };
  const body = JSON.stringify(content);
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
}
