import { join } from 'node:path';
import { expect } from '@jest/globals';
import request from 'supertest';
import type { TestApp } from '../support/app.ts';
import { everythingIsClosed } from '../support/garbage.ts';
import { tempDir } from '../support/machine.ts';
import type { SandboxState } from '../support/sandbox.ts';
import { formsOf, type Visitor, visit } from '../support/visitor.ts';
import { startFarApart } from '../support/withings.ts';
import { run } from './programs.ts';

export const HOUR = 3_600_000;

/** Two people, each in a browser of their own, and what an operator does. */
export async function town(env: Record<string, string> = {}) {
  const { app, withings } = await startFarApart(env);
  const [ann, bob] = [visit(app), visit(app)];
  await ann.connect();
  await connectAsSecond(bob);
  const settings = { ...withings.env, ...env, DATA_DIR: app.dataDir };
  const backup = join(tempDir(), 'connect.backup');
  return {
    ...{ app, withings, ann, bob, backup, settings },
    backUp: (to = backup) => run('backup', [to], settings),
    restore: (...args: string[]) => run('restore', args, settings),
    calls: async () => (await state(withings.url)).counters,
  };
}

export async function state(url: string): Promise<SandboxState> {
  return (await request(url).get('/control/state')).body;
}

/** Whom nobody has chosen yet. */
export async function connectAsSecond(visitor: Visitor): Promise<void> {
  const authorize = await visitor.begin();
  const login = formsOf((await visitor.get(authorize.href)).text)[0];
  const [, choice] = [...(login?.buttons ?? [])][1] ?? [];
  await visitor.post(new URL(String(login?.action), authorize).href, choice);
  await visitor.get(await visitor.consent(authorize, 'Allow'));
}

export const connection = async (visitor: Visitor) => (await visitor.json('/api/connection')).body;

/** New tokens twice, each pair used: of what a copy from before holds, Withings accepts nothing any more. */
export async function refreshTwice(app: TestApp, visitor: Visitor): Promise<void> {
  for (let times = 0; times < 2; times += 1) {
    app.clock.now += HOUR;
    expect((await visitor.post('/refresh')).headers.location).toBe('/dashboard');
    expect((await visitor.json('/api/measures')).status).toBe(200);
  }
}

export async function stopped(app: TestApp): Promise<void> {
  await app.stop();
  await everythingIsClosed();
}
