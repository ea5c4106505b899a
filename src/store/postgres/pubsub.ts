import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Encryption } from '../encryption.ts';
import type { PubSub } from '../store.ts';
import { connectionTo, KEEP_SESSION, type Postgres, type Sql } from './client.ts';
import { explained } from './errors.ts';

export interface PostgresPubSub extends PubSub {
  /** Tells the others that anything about a grant has changed, soon after the change. */
  announce(grantId: string): void;
  /** Whether what is sent through the pool reaches us; behind a pooler that hands out connections anew it may not. */
  works(): Promise<boolean>;
  close(): void;
}

/** NOTIFY within a transaction makes all commits wait for each other: it is sent after them, gathered for so long. */
const GATHERED_MS = 50;
/** PostgreSQL takes 8000 bytes at once. */
const MOST_BYTES = 7000;
const CONNECT_WITHIN_MS = 1500;
const RECONNECT_AFTER_MS = 1000;
const ARRIVES_WITHIN_MS = 1000;

/** A connection of its own that listens; on the way there anything may get lost. */
export async function postgresPubSub(
  db: Postgres,
  { url, schema, encryption }: { url: string; schema: string; encryption: Encryption },
): Promise<PostgresPubSub> {
  const [changed, messages] = [`${schema}_changed`, `${schema}_messages`];
  const onChange: ((id: string) => void)[] = [];
  const onMessage: ((text: string) => void)[] = [];
  let isClosed = false;
  let isDirect = false;
  let listening: pg.Client | null = null;
  let gathered = new Set<string>();
  let onProbe: (nonce: string) => void = () => {};

  async function listen(): Promise<void> {
    const client = new pg.Client({ ...connectionTo(url), connectionTimeoutMillis: CONNECT_WITHIN_MS });
    client.on('error', () => {});
    client.on('notification', ({ channel, payload = '' }) => {
      if (channel === changed) changedTo(payload.split(' '));
      else receive(payload).catch(() => {});
    });
    try {
      await client.connect();
      await client.query(KEEP_SESSION);
      await client.query(`LISTEN "${changed}"; LISTEN "${messages}"`);
      if (isDirect) await client.query(RUNS, [schema]);
    } catch (error) {
      client.end().catch(() => {});
      throw explained(error);
    }
    client.once('end', again);
    listening = client;
    if (isClosed) client.end().catch(() => {});
  }

  function again(): void {
    setTimeout(() => isClosed || listen().catch(again), RECONNECT_AFTER_MS).unref();
  }

  function changedTo(ids: string[]): void {
    for (const id of ids) for (const listener of onChange) listener(id);
  }

  async function receive(payload: string): Promise<void> {
    if (payload.startsWith('probe ')) return onProbe(payload);
    const sealed = payload.startsWith('at ') ? await messageAt(payload.slice(3)) : payload;
    const text = sealed === null ? null : openMessage(sealed);
    if (text !== null) for (const listener of onMessage) listener(text);
  }

  async function messageAt(id: string): Promise<string | null> {
    const [row] = await db.rows<{ message: string }>('SELECT message FROM @messages WHERE id = $1', id);
    return row?.message ?? null;
  }

  /** Anybody who reaches this database can publish here: what is not sealed with our key is ignored. */
  function openMessage(sealed: string): string | null {
    try {
      return encryption.open(sealed, messages);
    } catch {
      return null;
    }
  }

  function notify(channel: string, payload: string): void {
    db.run('SELECT pg_notify($1, $2)', channel, payload).catch(() => {}); // the others look for themselves
  }

  function flush(): void {
    const lines = packed([...gathered]);
    gathered = new Set();
    for (const line of lines) notify(changed, line);
  }

  await listen();
  return {
    onChange: (listener) => void onChange.push(listener),
    subscribe: (listener) => void onMessage.push(listener),
    announce(id) {
      if (gathered.size === 0) setTimeout(flush, GATHERED_MS).unref();
      gathered.add(id);
    },
    publish(text) {
      const sealed = encryption.seal(text, messages);
      if (Buffer.byteLength(sealed) <= MOST_BYTES) return notify(messages, sealed);
      const id = randomUUID();
      db.run('INSERT INTO @messages (id, message) VALUES ($1, $2)', id, sealed).then(
        () => notify(messages, `at ${id}`),
        () => {},
      );
    },
    works() {
      const nonce = `probe ${randomUUID()}`;
      return new Promise((resolve) => {
        const timer = setTimeout(() => resolve(false), ARRIVES_WITHIN_MS);
        onProbe = (payload) => {
          if (payload !== nonce) return;
          clearTimeout(timer);
          isDirect = true; // a connection that ends before it has the lock is followed by one that takes it
          const locked = listening?.query(RUNS, [schema]).catch(() => {});
          resolve(Promise.resolve(locked).then(() => true));
        };
        notify(messages, nonce);
      });
    },
    close() {
      isClosed = true;
      listening?.end().catch(() => {});
    },
  };
}

/** A lock of the connection, which a pooler that hands connections on would keep: see whoRuns. */
const RUNS = 'SELECT pg_advisory_lock_shared(hashtextextended($1, 2))';

/** Within a transaction: whether any program uses these tables now. Behind a pooler that does not keep connections none is seen. */
export async function whoRuns(sql: Sql, schema: string): Promise<boolean> {
  const [row] = await sql.rows<{ free: boolean }>(
    'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 2)) AS free',
    schema,
  );
  return row?.free !== true;
}

/** Ids in as few lines as they fit. */
function packed(ids: string[]): string[] {
  const lines: string[] = [];
  for (const id of ids) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + id.length < MOST_BYTES) lines[lines.length - 1] = `${last} ${id}`;
    else lines.push(id);
  }
  return lines;
}
