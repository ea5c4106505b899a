import { z } from 'zod';
import type { Encryption } from '../encryption.ts';
import { openClient, unfit } from '../redis/client.ts';
import { type Argument, connectRedis } from '../redis/connection.ts';
import type { Durability } from '../redis/durability.ts';
import { redisKeys } from '../redis/keys.ts';
import { MOVING_SCRIPTS } from '../redis/moving-scripts.ts';
import { checkServer, readMoving } from '../redis/startup-checks.ts';
import { ttlOf } from '../redis/ttl.ts';
import type { Row } from '../sqlite/database.ts';
import { writeToDisk } from './disk.ts';

/** The Redis that a store moves into. Every step throws when another run has taken the move over. */
export interface Target {
  /** @throws RedisError, code `REDIS_UNFIT`, when this Redis must not be used, or is in use */
  begin(): Promise<Durability>;
  /** Takes back some of what an earlier run had brought. Returns how much; 0: all of it is gone. */
  takeBack(limit: number): Promise<number>;
  moveSessions(rows: Row[], now: number): Promise<{ sessions: number; grants: number }>;
  moveAttempts(rows: Row[], now: number): Promise<number>;
  /** How much is here of what this run has brought. */
  confirm(): Promise<number>;
  /** All of it is on the disk of this Redis. False: it does not let itself be asked for that. */
  settle(): Promise<boolean>;
  /** From now on the app may use this Redis. False: no move of this store was under way in it. */
  end(): Promise<boolean>;
  close(): void;
}

export interface TargetOptions {
  url: string;
  tag: string;
  encryption: Encryption;
  /** The name of the store that is moved. */
  store: string;
  /** New for each run of this program. */
  run: string;
}

/** Nobody waits for a page here, and a run of minutes must not end for one moment of a busy server. */
const PATIENCE_MS = 30_000;

/** @throws RedisError when it cannot be reached */
export async function openTarget({ url, tag, encryption, store, run }: TargetOptions): Promise<Target> {
  const keys = redisKeys(tag, url);
  const redis = await connectRedis(url, keys.prefix, (address) => openClient(address, PATIENCE_MS));
  const hold = `${store} ${run}`;
  let durability: Durability | undefined;

  return {
    async begin() {
      await readMoving(redis, keys); // says in words what a cluster says in its own
      durability = await checkServer(redis, keys, encryption);
      const before = String(await redis.run(MOVING_SCRIPTS.beginMove, store, run));
      if (before !== '' && before.split(' ')[0] !== store) {
        throw unfit('Another store is being moved into this Redis: finish that move first.');
      }
      await refuseListeners(before === '');
      return durability;
    },
    takeBack: async (limit) => Number(held(await redis.run(MOVING_SCRIPTS.takeBack, hold, limit))),
    async moveSessions(rows, now) {
      const args = rows.flatMap((row) => sessionOf(row, now));
      const [sessions, grants] = pair.parse(
        held(await redis.run(MOVING_SCRIPTS.moveSessions, hold, ...args)),
      );
      return { sessions, grants };
    },
    async moveAttempts(rows, now) {
      const args = rows.flatMap((row) => attemptOf(row, now));
      return Number(held(await redis.run(MOVING_SCRIPTS.moveAttempts, hold, ...args)));
    },
    confirm: async () => Number(held(await redis.run(MOVING_SCRIPTS.confirmMove, hold))),
    settle: async () => durability?.durable === true || writeToDisk(redis),
    end: async () => (await redis.run(MOVING_SCRIPTS.endMove, store)) === 1,
    close: () => redis.close(),
  };

  /** Instances listen as long as they run. One that runs here would refresh tokens that the file still holds. */
  async function refuseListeners(isFirst: boolean): Promise<void> {
    const [, count] = listeners.parse(await redis.command('PUBSUB', 'NUMSUB', keys.changed));
    if (count === 0) return;
    if (isFirst) await redis.run(MOVING_SCRIPTS.endMove, store);
    throw unfit('The app is running on this Redis: stop every instance first.');
  }
}

const pair = z.tuple([z.number(), z.number()]);
const listeners = z.tuple([z.string(), z.number()]);

function held(answer: unknown): unknown {
  if (answer !== -1) return answer;
  throw unfit('Redis no longer knows of this move: it has lost data, or another run has taken over.');
}

function sessionOf(row: Row, now: number): Argument[] {
  const life = ttlOf(Number(row.idle_until), now);
  return [
    ...[text(row.id), text(row.write_id), text(row.sealed), text(row.grant_due_at)],
    ...[text(row.subscriptions), Number(row.due_at ?? 0), text(row.news_at || null)],
    ...[text(row.key), text(row.data), text(row.idle_until), text(row.ends_at), life],
  ];
}

function attemptOf(row: Row, now: number): Argument[] {
  const life = ttlOf(Number(row.expires_at), now);
  return [
    ...[text(row.state), text(row.browser), text(row.demo), text(row.return_to), text(row.expires_at), life],
    ...[text(row.answer), text(row.result)],
  ];
}

/** Null stays null: the scripts are handed '' for it. */
function text(cell: unknown): string | null {
  return cell === null || cell === undefined ? null : String(cell);
}
