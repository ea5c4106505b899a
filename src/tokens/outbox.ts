import type { Revocation } from '../store/outbox.ts';
import type { Store } from '../store/store.ts';
import type { Person } from '../store/store-key.ts';
import { DAY_MS } from '../time/clocks.ts';
import type { Withings } from '../withings/client.ts';
import { type Refusal, refuse } from '../withings/errors.ts';

/** Gives permissions back to Withings that nobody here has a use for any more. */
export interface Outbox {
  /** Gives one back now, for somebody who waits for it. */
  send(id: string): Promise<Sent>;
  /** Gives back what is due, one after the other, after everybody else's calls. */
  sendDue(stopping: AbortSignal): Promise<void>;
  /**
   * Resolves when what is under way at this moment, here or in another process, is over: it would end a permission that
   * is given meanwhile. Ten seconds at most: a code lives thirty.
   */
  settled(): Promise<void>;
}

export interface Sent {
  /** Whose it was; null: nobody can tell any more, and Withings was not told. */
  person: Person | null;
  /** Why Withings has not confirmed; null: it has. */
  refusal: Refusal | null;
}

export interface OutboxParts {
  store: Pick<Store, 'claimRevocations' | 'claimRevocation' | 'settleRevocation' | 'revocationsUnderWay'>;
  withings: Pick<Withings, 'issuer' | 'revoke'>;
  /** Milliseconds since 1970. */
  now: () => number;
  sleep: (ms: number) => Promise<unknown>;
  /** The longest that one revocation can take, milliseconds. */
  leaseMs: number;
  /** Told how each ended: `revoked`, `given-up`, or a code. */
  onRevocation: (grant: string, outcome: string) => void;
}

const A_ROUND = 20;
const LOOK_EVERY_MS = 50;
const LOOKS = 200;
const FIRST_RETRY_MS = 60_000;
const LAST_RETRY_MS = 6 * 3_600_000;
/** What Withings has not confirmed after so long is given up. */
export const GIVE_UP_MS = 14 * DAY_MS;

export function createOutbox(parts: OutboxParts): Outbox {
  const { store, withings, now, sleep, leaseMs, onRevocation } = parts;

  async function settle({ id, tries, since }: Revocation, refusal: Refusal | null): Promise<void> {
    const isOver = refusal === null || isUnknown(refusal);
    const isGivenUp = !isOver && now() - since >= GIVE_UP_MS;
    onRevocation(id, isGivenUp ? 'given-up' : (refusal?.code ?? 'revoked'));
    const retryMs = Math.min(FIRST_RETRY_MS * 2 ** (tries - 1), LAST_RETRY_MS);
    const again = isGivenUp ? 'given-up' : { dueAt: now() + retryMs };
    await store.settleRevocation(id, isOver ? 'revoked' : again);
  }

  /** Withings ends the demo by itself after a day; who revokes the demo user does so for everybody. */
  async function give(revocation: Revocation, call: Pick<Withings, 'revoke'>['revoke']): Promise<Sent> {
    const { id, person } = revocation;
    if (person === null || person.demo || person.issuer !== withings.issuer) {
      await store.settleRevocation(id, 'given-up');
      onRevocation(id, person?.demo ? 'demo' : 'unreadable');
      return { person: person?.demo ? person : null, refusal: refuse('withings-refused').refusal };
    }
    const revoked = await call(person.userId);
    const refusal = revoked.ok ? null : revoked.refusal;
    await settle(revocation, refusal);
    return { person, refusal };
  }

  return {
    async send(id) {
      const revocation = await store.claimRevocation(id, now(), leaseMs);
      if (!revocation) return { person: null, refusal: refuse('withings-busy').refusal }; // somebody is at it
      return give(revocation, (userId) => withings.revoke(userId));
    },
    async settled() {
      let waiting = await store.revocationsUnderWay(now());
      for (let looks = 0; waiting.length > 0 && looks < LOOKS; looks += 1) {
        await sleep(LOOK_EVERY_MS);
        const underWay = await store.revocationsUnderWay(now());
        waiting = waiting.filter((id) => underWay.includes(id));
      }
    },
    async sendDue(stopping) {
      for (let sent = 0; sent < A_ROUND && !stopping.aborted; sent += 1) {
        const [due] = await store.claimRevocations(withings.issuer, now(), leaseMs, 1);
        if (!due) return;
        await give(due, (userId) => withings.revoke(userId, 'background', stopping));
      }
    },
  };
}

/** The person has no account, or has none of ours any more: there is nothing to give back ("invalid params"). */
function isUnknown({ code, status }: Refusal): boolean {
  return code === 'withings-refused' && status === 503;
}
