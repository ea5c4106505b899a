import { randomBytes } from 'node:crypto';

/** Withings answers 601 to the same refresh token within ten seconds. */
const SAME_WITHIN_MS = 10_000;
const SUPERSEDED = 'a descendant was used';

/**
 * @typedef {object} Pair
 * @property {number} number in the order of minting
 * @property {string} userId
 * @property {string} access
 * @property {string} refresh
 * @property {Pair | null} parent whose refresh token bought this pair
 * @property {Pair[]} children
 * @property {number} mintedAt
 * @property {number} accessUntil
 * @property {number | null} usedAt first use of the access token
 * @property {number} graceUntil until when the refresh token lives although it has been exchanged
 * @property {number} askedAt when the refresh token was last sent
 * @property {string} asker which process sent it
 * @property {string | null} dead why the refresh token is refused; null: it is not
 * @property {boolean} killed the access token is refused as well
 * @property {string} reply what became of the answer that carried it
 */

/**
 * What Withings knows, and the judge of everything: every pair ever minted, which one bought it, and whether its
 * refresh token is accepted. Where Withings' documents leave a choice, the harsher reading counts:
 *
 * - a refresh token that was exchanged lives until an access token descended from it is first used, or `graceMs`
 *   from the first exchange on ("8 hours");
 * - exchanging it again kills the pairs that it bought before, unless their access token has been used;
 * - the first use of a pair kills its unused siblings.
 *
 * @param {{ graceMs: number, now: () => number }} options
 */
export function createLedger({ graceMs, now }) {
  /** @type {Map<string, Pair>} */
  const byRefresh = new Map();
  /** @type {Map<string, Pair>} */
  const byAccess = new Map();
  /** @type {Map<string, Pair[]>} */
  const byUser = new Map();
  let minted = 0;

  /** @param {string} userId @param {Pair | null} parent @param {number} lifeMs */
  function mint(userId, parent, lifeMs) {
    /** @type {Pair} */
    const pair = {
      number: minted,
      userId,
      access: randomBytes(20).toString('hex'),
      refresh: randomBytes(20).toString('hex'),
      parent,
      children: [],
      mintedAt: now(),
      accessUntil: now() + lifeMs,
      usedAt: null,
      graceUntil: Number.POSITIVE_INFINITY,
      askedAt: Number.NEGATIVE_INFINITY,
      asker: '',
      dead: null,
      killed: false,
      reply: 'sent',
    };
    minted += 1;
    byRefresh.set(pair.refresh, pair);
    byAccess.set(pair.access, pair);
    const all = byUser.get(userId) ?? [];
    byUser.set(userId, all);
    all.push(pair);
    return pair;
  }

  /** @param {Pair} parent @param {Pair | null} spared @param {string} why */
  function killUnused(parent, spared, why) {
    for (const child of parent.children) {
      if (child === spared || child.usedAt !== null) continue;
      child.dead ??= why;
      child.killed = true;
    }
  }

  /** @param {Pair} pair */
  function isAccepted(pair) {
    if (pair.dead === null && now() > pair.graceUntil) pair.dead = '"8 hours" after its first exchange';
    return pair.dead === null;
  }

  return {
    /** A first pair, for an authorization code. @param {string} userId @param {number} lifeMs */
    begin: (userId, lifeMs) => mint(userId, null, lifeMs),

    /**
     * Somebody sends a refresh token. `mayMint` false: the call is seen, and nothing comes of it.
     *
     * @param {string} token @param {string} asker @param {number} lifeMs @param {boolean} mayMint
     * @returns {{ verdict: 'minted', pair: Pair } | { verdict: 'refused' | 'nothing' }
     *   | { verdict: 'duplicate', retryAfterSeconds: number, gapMs: number, pair: Pair, before: string }}
     */
    exchange(token, asker, lifeMs, mayMint) {
      const pair = byRefresh.get(token);
      if (!pair) return { verdict: 'refused' };
      const gapMs = now() - pair.askedAt;
      const before = pair.asker;
      pair.askedAt = now();
      pair.asker = asker;
      if (gapMs < SAME_WITHIN_MS) return { verdict: 'duplicate', retryAfterSeconds: 10, gapMs, pair, before };
      if (!isAccepted(pair)) return { verdict: 'refused' };
      if (!mayMint) return { verdict: 'nothing' };
      killUnused(pair, null, 'its parent was exchanged again');
      const child = mint(pair.userId, pair, lifeMs);
      pair.children.push(child);
      if (pair.children.length === 1) pair.graceUntil = now() + graceMs;
      return { verdict: 'minted', pair: child };
    },

    /**
     * Somebody uses an access token. Null: it is refused.
     *
     * @param {string} token
     * @returns {{ pair: Pair, first: boolean } | null}
     */
    use(token) {
      const pair = byAccess.get(token);
      if (!pair || pair.killed || now() >= pair.accessUntil) return null;
      const first = pair.usedAt === null;
      if (!first) return { pair, first };
      pair.usedAt = now();
      if (pair.parent) killUnused(pair.parent, pair, 'its sibling was used');
      for (let above = pair.parent; above; above = above.parent) {
        if (above.dead === SUPERSEDED) break; // and so is everything further up
        above.dead ??= SUPERSEDED;
      }
      return { pair, first };
    },

    /** Would Withings exchange this token, were it sent now? @param {string | null} token */
    accepts(token) {
      const pair = token === null ? undefined : byRefresh.get(token);
      return pair !== undefined && isAccepted(pair);
    },

    /** @param {string} token a refresh token */
    pairOf: (token) => byRefresh.get(token),

    /** How many pairs were bought with a refresh token. */
    refreshes: () => minted - byUser.size,

    /** The last pairs of a person, in words. @param {string} userId */
    story(userId) {
      const all = byUser.get(userId) ?? [];
      return all.slice(-25).map((pair) => describe(pair, now()));
    },
  };
}

/** @param {Pair} pair @param {number} at */
function describe(pair, at) {
  const ago = (/** @type {number} */ moment) => `${((at - moment) / 1000).toFixed(3)} s ago`;
  return [
    `#${pair.number} refresh ${pair.refresh.slice(0, 8)}`,
    pair.parent ? `bought by #${pair.parent.number}` : 'from a code',
    `minted ${ago(pair.mintedAt)} (answer: ${pair.reply})`,
    pair.usedAt === null ? 'never used' : `used ${ago(pair.usedAt)}`,
    Number.isFinite(pair.askedAt) ? `last sent ${ago(pair.askedAt)} by ${pair.asker}` : 'never sent',
    pair.dead === null ? 'ALIVE' : `dead: ${pair.dead}`,
  ].join(', ');
}

/** @typedef {ReturnType<typeof createLedger>} Ledger */
