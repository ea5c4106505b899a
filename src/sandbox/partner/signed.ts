import type { Client } from '../clients.ts';
import type { Fields } from '../input.ts';
import { checkSigned } from '../oauth2/client-check.ts';
import { type Answer, invalidParams } from '../wire/answers.ts';
import type { World } from '../world.ts';

/** Signature, then quota, then the parameters: the order is inferred. */
export function signedWork(world: World, fields: Fields, work: (client: Client) => Answer): Answer {
  const checked = checkSigned(fields, world.clients, world.nonces);
  if ('refusal' in checked) return checked.refusal;
  return world.guard.overQuota(checked.client.id) ?? work(checked.client);
}

/** 503 is documented for parameters that are not accepted, the words are inferred. */
export function missingValue(action: string, name: string, hint = ''): Answer {
  return invalidParams(`[${action}] Missing value for: ${name}${hint}`);
}
