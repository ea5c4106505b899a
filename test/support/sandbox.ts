import request from 'supertest';
import type { TestApp } from './app.ts';

/** The sandbox's controls and its ledger, as another program sees them. */
export function sandboxOf(app: Pick<TestApp, 'url'>, base = '/sandbox') {
  const control = request(app.url);
  return {
    fault: (name: string, more: Record<string, unknown> = {}) =>
      control
        .post(`${base}/control/faults`)
        .send({ name, ...more })
        .expect(200),
    clearFaults: () => control.delete(`${base}/control/faults`).expect(200),
    advance: (advanceSeconds: number) =>
      control.post(`${base}/control/clock`).send({ advanceSeconds }).expect(200),
    unlink: (userId: string) => control.post(`${base}/control/users/${userId}/unlink`).send({}).expect(200),
    weigh: (userId: string) => control.post(`${base}/control/users/${userId}/weigh`).send({}).expect(200),
    async state(): Promise<SandboxState> {
      return (await control.get(`${base}/control/state`).expect(200)).body;
    },
    /** How many calls of an endpoint there were, whatever came of them. */
    async calls(endpoint: string): Promise<number> {
      const { counters } = (await control.get(`${base}/control/state`).expect(200)).body as SandboxState;
      return Object.values(counters[endpoint] ?? {}).reduce((sum, n) => sum + n, 0);
    },
  };
}

export interface SandboxState {
  clock: { now: number; offsetSeconds: number };
  counters: Record<string, Record<string, number>>;
  users: { userId: string; demo: boolean; grants: { scope: string; pairs: Record<string, unknown>[] }[] }[];
}

export const REDEEM = 'requesttoken authorization_code';
export const REFRESH = 'requesttoken refresh_token';
