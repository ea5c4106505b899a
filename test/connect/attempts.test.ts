import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.ts';
import { visit } from '../support/visitor.ts';

const stateOf = (url: URL) => String(url.searchParams.get('state'));

/** Changes when anything is written to the app's files. */
function filesOf(app: TestApp): string {
  return ['connect.db', 'connect.db-wal', 'unsynced.db', 'unsynced.db-wal']
    .map((name) => statSync(join(app.dataDir, name), { throwIfNoEntry: false }))
    .map((file) => `${file?.size} ${file?.mtimeMs}`)
    .join();
}

describe('an attempt that was begun', () => {
  test('is nowhere in the store', async () => {
    const app = await startApp();
    const visitor = visit(app);
    await visitor.begin();
    const before = filesOf(app);
    for (let i = 0; i < 30; i += 1) await visitor.begin(`/connect?return_to=/page/${i}`);
    expect(filesOf(app)).toBe(before);
  });

  test('has a state that Withings can carry, however long the way back is', async () => {
    const app = await startApp();
    const visitor = visit(app);
    for (const length of [1, 150, 161, 500]) {
      const path = `/${'p'.repeat(length)}`;
      const url = await visitor.begin(`/connect?return_to=${path}`);
      expect(stateOf(url).length).toBeLessThan(600);
      const landed = await visitor.get(await visitor.consent(url, 'Allow'));
      expect(landed.headers.location).toBe(path);
    }
  });

  test('leads each of several tabs to its own long page', async () => {
    const app = await startApp();
    const visitor = visit(app);
    const paths = ['a', 'b', 'c'].map((letter) => `/${letter.repeat(300)}`);
    const tabs: URL[] = [];
    for (const path of paths) tabs.push(await visitor.begin(`/connect?return_to=${path}`));
    for (const [i, tab] of tabs.entries()) {
      expect((await visitor.get(await visitor.consent(tab, 'Allow'))).headers.location).toBe(paths[i]);
    }
  });

  test('is known under a rotated secret, and not under a new one alone', async () => {
    const [old, next] = ['k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT', 'Wq7Zt2MvKp9XrB4sLd6HfJc1NgYa5UeR'];
    const app = await startApp({ SESSION_SECRET: old });
    const visitor = visit(app);
    const [first, second] = [await visitor.begin(), await visitor.begin()];
    const rotated = await app.restart({ SESSION_SECRET: `${next},${old}` });
    expect((await visit(rotated).get('/')).status).toBe(200);
    expect((await visitor.get(await visitor.consent(first, 'Allow'))).headers.location).toBe('/dashboard');
    const dropped = await rotated.restart({ SESSION_SECRET: next });
    const late = await visitor.get(`${dropped.url}/callback?code=abc&state=${stateOf(second)}`);
    expect(late.text).toMatch(/cookies-missing|attempt-unknown/);
  });
});

describe('a state', () => {
  test('is spent once, in whatever spelling of the same bytes it comes', async () => {
    const app = await startApp();
    const visitor = visit(app);
    const url = await visitor.begin();
    const callback = new URL(await visitor.consent(url, 'Allow'));
    expect((await visitor.get(callback.href)).headers.location).toBe('/dashboard');
    const spellings = ['A', '-', '_'].map((last) => `${stateOf(url)}${last}`);
    for (const state of spellings) {
      callback.searchParams.set('state', state);
      callback.searchParams.set('code', 'another-code');
      const answer = await visitor.get(callback.href);
      expect(answer.text).toMatch(/attempt-spent|attempt-unknown/);
    }
    expect(app.logs()).not.toContain('code-refused');
  });

  test("that somebody made, changed or took from a cookie is nobody's", async () => {
    const app = await startApp();
    const visitor = visit(app);
    const state = stateOf(await visitor.begin());
    const cookie = /connect-\d+=([^;]+)/.exec(visitor.cookies())?.[1] ?? '';
    const middle = Math.floor(state.length / 2);
    const changed = state.slice(0, middle) + (state[middle] === 'A' ? 'B' : 'A') + state.slice(middle + 1);
    for (const forged of [changed, state.slice(1), decodeURIComponent(cookie), 'a.b.c', 'x'.repeat(43)]) {
      const answer = await visitor.get(`/callback?code=abc&state=${encodeURIComponent(forged)}`);
      expect([forged, answer.status]).toEqual([forged, 400]);
      expect(answer.text).toMatch(/attempt-unknown|callback-incomplete/);
    }
    expect((await visitor.get(`/callback?code=abc&state=${state}`)).text).toContain('code-refused');
  });

  test('of one browser is of no use in another', async () => {
    const app = await startApp();
    const [ann, bob] = [visit(app), visit(app)];
    const callback = await ann.consent(await ann.begin(), 'Allow');
    await bob.begin();
    expect((await bob.get(callback)).text).toContain('attempt-unknown');
    expect((await ann.get(callback)).headers.location).toBe('/dashboard');
  });
});
