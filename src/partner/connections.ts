import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Problem } from '../problems/catalogue.ts';
import { DecryptionError, type Encryption } from '../store/encryption.ts';
import type { Grant } from '../store/grant.ts';
import { saveGrant } from '../store/grants.ts';
import { hashed } from '../store/keys.ts';
import { ENDLESS_MS, type StoredSession } from '../store/sessions.ts';
import type { Store } from '../store/store.ts';
import { begun } from '../tokens/changes.ts';
import type { Outbox } from '../tokens/outbox.ts';
import type { Withings } from '../withings/client.ts';
import { type Result, refuse } from '../withings/errors.ts';

/** A connection that a partner's server made, and owns as a browser's session owns its own. */
export interface PartnerConnection {
  /** The same for the same person, however often they are connected. */
  connectionId: string;
  /** Whom the partner means by it; null: they did not say, or the key to it is gone. */
  externalId: () => string | null;
  grantId: string;
  /** @throws DecryptionError when no key at hand opens it */
  grant: () => Grant | null;
}

export interface PartnerConnections {
  /** Exchanges an authorization code and keeps what comes of it; durable when this resolves. */
  connect(code: string, externalId: string | null): Promise<Result<PartnerConnection>>;
  /** Null: no connection of this id was made here, or it has ended. */
  find(connectionId: string): Promise<PartnerConnection | null>;
  /**
   * A link that gives the browser which opens it a session on this connection; once, for ten minutes.
   *
   * @throws Problem connection-unknown when it has ended meanwhile
   */
  handOff(connection: PartnerConnection): Promise<string>;
  /** What such a link still opens; null: nothing. Spends nothing. */
  offeredBy(token: string): Promise<StoredSession | null>;
}

export interface PartnerConnectionParts {
  store: Store;
  withings: Pick<Withings, 'issuer' | 'redeem' | 'scope'>;
  outbox: Pick<Outbox, 'settled'>;
  encryption: Encryption;
  publicUrl: string;
  now: () => number;
}

const HANDOFF_TTL_MS = 10 * 60_000;
/** The store's name for what a hand-off link carries. */
export function handOffKey(token: string): string {
  return hashed(`hand-off ${token}`);
}

export function createPartnerConnections(parts: PartnerConnectionParts): PartnerConnections {
  const { store, withings, outbox, encryption, publicUrl, now } = parts;
  const keyOf = (connectionId: string) => hashed(`partner ${connectionId}`);

  function seal(connectionId: string, externalId: string | null): string {
    return JSON.stringify({ sealed: encryption.seal(JSON.stringify({ externalId }), connectionId) });
  }

  function unseal(connectionId: string, sealed: string): string | null {
    try {
      return about.parse(JSON.parse(encryption.open(sealed, connectionId))).externalId;
    } catch (error) {
      if (error instanceof DecryptionError) return null; // it says who is meant; the connection works without
      throw error;
    }
  }

  async function find(connectionId: string): Promise<PartnerConnection | null> {
    const key = keyOf(connectionId);
    const session = await store.readSession(key, now());
    if (!session?.grantId) return null;
    const { sealed } = kept.parse(JSON.parse(session.data));
    const externalId = () => unseal(connectionId, sealed);
    if (!encryption.isNewest(sealed)) {
      const said = externalId();
      if (said !== null) await store.updateSession(key, seal(connectionId, said));
    }
    return { connectionId, externalId, grantId: session.grantId, grant: session.grant };
  }

  return {
    find,

    async connect(code, externalId) {
      await outbox.settled();
      const exchanged = await withings.redeem(code);
      if (!exchanged.ok) return exchanged;
      const { userId, scope } = exchanged.value;
      if (userId === null) return refuse('withings-unreadable', { status: 0 });
      const content = begun(
        { ...exchanged.value, userId },
        { issuer: withings.issuer, demo: false, askedScope: scope ?? withings.scope },
        now(),
      );
      const connectionId = `${withings.issuer.replace(/[^\w.]+/g, '-')}-${userId}`; // for use in a path
      const ends = now() + ENDLESS_MS;
      await saveGrant(store, content, {
        session: {
          key: keyOf(connectionId),
          data: seal(connectionId, externalId),
          idleUntil: ends,
          endsAt: ends,
        },
        replaces: null,
        attempt: null,
      });
      const connection = await find(connectionId);
      return connection ? { ok: true, value: connection } : refuse('withings-refused'); // ended this very moment
    },

    async handOff({ grantId: id }) {
      const token = randomBytes(32).toString('base64url');
      const ends = now() + HANDOFF_TTL_MS;
      const session = { key: handOffKey(token), data: '{}', idleUntil: ends, endsAt: ends };
      if (!(await store.beginSession(id, session))) throw new Problem('connection-unknown');
      return `${publicUrl}/handoff/${token}`;
    },

    async offeredBy(token) {
      const offered = await store.readSession(handOffKey(token), now());
      return offered?.grantId ? offered : null;
    },
  };
}

const kept = z.object({ sealed: z.string() });
/** Whom the partner means by it may be a patient's number: sealed like the tokens. */
const about = z.object({ externalId: z.string().nullable() });
