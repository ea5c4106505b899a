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
    unsubscribe: (userId: string) =>
      control.post(`${base}/control/users/${userId}/unsubscribe`).send({}).expect(200),
    weigh: (userId: string) => control.post(`${base}/control/users/${userId}/weigh`).send({}).expect(200),
    async state(): Promise<SandboxState> {
      return (await control.get(`${base}/control/state`).expect(200)).body;
    },
    /** What a token and its twin are worth; null: no such token is known. */
    async introspect(token: string): Promise<TokenPair | null> {
      const { status, body } = await control.post(`${base}/control/introspect`).send({ token });
      return status === 200 ? body : null;
    },
    /** Everybody's subscriptions to notifications, by category. */
    async subscriptions(): Promise<{ appli: number; callbackUrl: string }[]> {
      const { users } = (await control.get(`${base}/control/state`).expect(200)).body as SandboxState;
      return users.flatMap(({ subscriptions }) => subscriptions).toSorted((a, b) => a.appli - b.appli);
    },
    /** How many calls of an endpoint there were, whatever came of them. */
    async calls(endpoint: string): Promise<number> {
      const { counters } = (await control.get(`${base}/control/state`).expect(200)).body as SandboxState;
      return Object.values(counters[endpoint] ?? {}).reduce((sum, n) => sum + n, 0);
    },
  };
}

export interface TokenPair {
  refreshState: 'live' | 'in grace' | 'dead';
  /** Whether the access token has brought data. */
  used: boolean;
}

export interface SandboxState {
  clock: { now: number; offsetSeconds: number };
  counters: Record<string, Record<string, number>>;
  users: {
    userId: string;
    demo: boolean;
    grants: { scope: string; pairs: TokenPair[] }[];
    subscriptions: { appli: number; callbackUrl: string }[];
  }[];
}

export const REDEEM = 'requesttoken authorization_code';
export const REFRESH = 'requesttoken refresh_token';
