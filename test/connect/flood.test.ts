import { describe, expect, test } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.ts';
import { REDEEM, sandboxOf } from '../support/sandbox.ts';
import { visit } from '../support/visitor.ts';

const JUNK = '127.0.0.9';

/** One who begins, and comes back with a code that nobody gave out. */
async function junk(app: TestApp, from: string, visitor = visit(app, from)) {
  const state = (await visitor.begin()).searchParams.get('state');
  return visitor.get(`/callback?code=junk-${Math.random()}&state=${state}`);
}

describe('invented codes', () => {
  test('from one address: a few are tried, and everybody else connects', async () => {
    const app = await startApp();
    const answers: number[] = [];
    for (let i = 0; i < 60; i += 1) answers.push((await junk(app, JUNK)).status);
    expect(answers.filter((status) => status === 502)).toHaveLength(31);
    expect(answers.filter((status) => status === 429)).toHaveLength(29);
    for (let person = 1; person <= 8; person += 1) {
      expect((await visit(app, `127.0.1.${person}`).connect()).headers.location).toBe('/dashboard');
    }
    expect(await sandboxOf(app).calls(REDEEM)).toBe(31 + 8);
  });

  test('all at once: no more of them than one after the other', async () => {
    const app = await startApp();
    const answers = await Promise.all(Array.from({ length: 60 }, () => junk(app, JUNK)));
    expect(answers.map(({ status }) => status)).not.toContain(303);
    expect(await sandboxOf(app).calls(REDEEM)).toBeLessThanOrEqual(31);
  });

  test('from one browser: it has to wait, longer each time, and may then go on', async () => {
    const app = await startApp();
    const visitor = visit(app);
    for (let i = 0; i < 4; i += 1) expect((await junk(app, JUNK, visitor)).status).toBe(502);
    const callback = await visitor.consent(await visitor.begin(), 'Allow');
    const paused = await visitor.get(callback);
    expect([paused.status, paused.headers['retry-after']]).toEqual([429, '10']);
    expect(paused.text).toContain('too-many-codes');
    app.clock.now += 10_000;
    expect((await visitor.get(callback)).headers.location).toBe('/dashboard'); // nothing was spent by waiting
    await junk(app, JUNK, visitor);
    expect((await junk(app, JUNK, visitor)).headers['retry-after']).toBe('20');
  });

  test('are held against nobody for ever', async () => {
    const app = await startApp();
    for (let i = 0; i < 32; i += 1) await junk(app, JUNK);
    expect((await junk(app, JUNK)).status).toBe(429);
    app.clock.now += 20 * 60_000;
    for (let i = 0; i < 5; i += 1) expect((await junk(app, JUNK)).status).toBe(502);
  });

  test('name their address in the log, where they are refused and nowhere else', async () => {
    const app = await startApp();
    await visit(app, '127.0.0.8').connect();
    expect(app.logs()).not.toContain('127.0.0.8');
    await junk(app, JUNK);
    expect(app.logs()).toContain(`"address":"${JUNK}"`);
  });

  test("a refusal that is not the code's fault costs nobody anything", async () => {
    const app = await startApp();
    const visitor = visit(app);
    await sandboxOf(app).fault('wrong-secret', { times: 10 });
    for (let i = 0; i < 6; i += 1) expect((await visitor.connect()).status).toBe(503);
    await sandboxOf(app).clearFaults();
    expect((await visitor.connect()).headers.location).toBe('/dashboard');
  });
});
