import { setTimeout as sleep } from 'node:timers/promises';

/** Whose call goes first when the quota is short: what keeps connections, new connections, what is only shown. */
export type Priority = 'token' | 'code' | 'data';

/** Asks for a turn to call Withings. 0: go; else milliseconds until it makes sense to ask again. */
export type RateLimit = (priority: Priority) => Promise<number>;

/** Nobody waits longer for a turn: by then it is better to say so. */
export const MAX_WAIT_MS = 2000;

/** Waits for a turn. Resolves to 0 when it has come, or else to the milliseconds that are still missing. */
export async function waitForCall(turn: () => Promise<number>): Promise<number> {
  let waited = 0;
  for (;;) {
    const wait = await turn();
    if (wait === 0) return 0;
    waited += wait;
    if (waited > MAX_WAIT_MS) return wait;
    await sleep(wait);
  }
}

/** An access token shows data; a code begins a connection; all else keeps one. */
export function priorityOf(fields: Record<string, string>, accessToken: string | undefined): Priority {
  if (accessToken !== undefined) return 'data';
  return fields.grant_type === 'authorization_code' ? 'code' : 'token';
}
