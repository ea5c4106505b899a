import { refusedCallback } from './callback.ts';
import type { Environment } from './environment.ts';
import { misspelt } from './misspelt.ts';
import { hasClient } from './withings.ts';

/** Names that were meant for us and are not ours, with the nearest that is. @param known names of ours */
export function misspeltNames(env: Environment, known: string[]): string[] {
  return misspelt(env, known).map(({ name, nearest }) => {
    const words = `${name} is no setting of this program`;
    return nearest === null ? `${words}.` : `${words}: did you mean ${nearest}?`;
  });
}

/** What starts, and is probably not meant. */
export function doubtsAbout(env: Environment): string[] {
  const { PUBLIC_URL = '' } = env;
  const doubts: string[] = [];
  if (!hasClient(env) && /^https:/i.test(PUBLIC_URL)) {
    doubts.push(
      `WITHINGS_CLIENT_ID is not set: whoever comes to ${PUBLIC_URL} is on the SANDBOX, with invented people.`,
    );
  }
  const refused = refusedCallback(env, '/callback');
  if (refused) {
    doubts.push(
      `PUBLIC_URL is ${refused.publicUrl}: Withings may not register its callback. It asks for ${refused.rule}.`,
    );
  }
  return doubts;
}
