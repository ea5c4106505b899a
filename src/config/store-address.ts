import type { Environment } from './environment.ts';
import { databaseUrl, redisUrl } from './formats.ts';
import { secretIn } from './written.ts';

export interface StoreAddress {
  /** `sqlite:DIR`, `redis://…` or `postgres://…`. */
  address: string;
  /** What the operator calls it; without a password. */
  name: string;
}

/**
 * Finds a store by its address, or by the name of a setting that holds it, so that no password need stand in the list
 * of processes. A setting that ends in `_FILE` holds the path of a file with the address.
 *
 * @param dataDir what `DATA_DIR` stands for
 * @throws Error with words for the operator
 */
export function findStore(argument: string, env: Environment, dataDir: string): StoreAddress {
  if (argument === 'DATA_DIR') return { address: `sqlite:${dataDir}`, name: argument };
  const isName = /^[A-Z][A-Z0-9_]*$/.test(argument);
  const address = isName ? addressIn(argument, env) : argument;
  const isServer = [redisUrl, databaseUrl].some((format) => format.safeParse(address).success);
  if (!/^sqlite:./.test(address) && !isServer) {
    throw new Error(`${isName ? argument : 'What was given'} is not the address of a store.`);
  }
  return { address, name: isName ? argument : address.replace(/\/\/.*@/, '//') };
}

function addressIn(name: string, env: Environment): string {
  const variable = name.endsWith('_FILE') ? name : `${name}_FILE`;
  const file = env[variable];
  const value = file === undefined ? env[name] : secretIn(file, variable);
  if (value === undefined) throw new Error(`${name} is not set.`);
  return value;
}
