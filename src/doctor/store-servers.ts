import type { InspectedPostgres } from '../store/postgres/inspection.ts';
import type { InspectedRedis } from '../store/redis/inspection.ts';
import { type Finding, fails, ok, warn } from './finding.ts';

/** Measured: docs/scaling.md. */
const BYTES_A_PERSON = 3000;

/** The role, the policy, what survives what, and the memory that is left. */
export async function checkRedis(store: InspectedRedis): Promise<Finding[]> {
  const { refused, durable, words } = await store.readDurability();
  const memory = await store.readMemory();
  const todo = 'docs/scaling.md says which Redis it needs.';
  return [
    refused ? fails(refused, todo) : ok('It is the primary, and throws nothing away.'),
    durable ? ok(`${words}.`) : warn(`${words}.`, todo),
    memory
      ? checkMemory(memory)
      : warn('It does not say how much memory is left.', 'Watch that with the tools of the service.'),
  ];
}

function checkMemory({ used, most }: { used: number; most: number }): Finding {
  const people = Math.max(0, Math.floor((most - used) / BYTES_A_PERSON));
  const words = `${Math.round((100 * used) / most)} % of its memory is used: there is room for about ${people.toLocaleString('en')} more people.`;
  const todo = 'Give it more memory: when it is full nobody can connect.';
  if (used > 0.95 * most) return fails(words, todo);
  return used > 0.8 * most ? warn(words, todo) : ok(words);
}

/** What survives what; its disk is not for us to see. */
export async function checkPostgres(store: InspectedPostgres): Promise<Finding[]> {
  return [ok(`${await store.readDurability()}.`)];
}
