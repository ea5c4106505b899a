import { existsSync } from 'node:fs';
import { readConfig } from '../config/config.ts';
import { readEnvironment } from '../config/environment.ts';
import { isAtWithings } from '../config/withings.ts';
import { examine, type Group } from '../doctor/doctor.ts';
import { type Finding, fails } from '../doctor/finding.ts';
import { network } from '../doctor/network.ts';
import { checkFaults, checkSettings } from '../doctor/settings.ts';
import { createEncryption } from '../store/encryption.ts';
import { deriveKeys, secretFile, storedSecret } from '../store/keys.ts';
import { clocks } from '../time/clocks.ts';
import { CLOUDS } from '../withings/clouds.ts';

const USAGE =
  'Usage: npm run doctor -- [--json]    says what is well and what is not; exits with 1 when something fails\n';
const DOTENV = '.env';

/** What `npm run doctor` runs, beside the app or without it. */
const args = process.argv.slice(2);
if (args.some((arg) => arg !== '--json')) {
  process.stderr.write(USAGE);
  process.exit(1);
}
const isJson = args.length > 0;
const all: ({ group: string } & Finding)[] = [];
await examineAll();
const isWell = all.every(({ verdict }) => verdict !== 'fails');
if (isJson) process.stdout.write(`${JSON.stringify({ ok: isWell, findings: all }, null, 2)}\n`);
else {
  process.stdout.write(
    `\nFails: ${count('fails')}. To be looked at: ${count('warn')}. Well: ${count('ok')}. Nothing was changed: the one row that is written to the store is removed again.\n`,
  );
}
process.exit(isWell ? 0 : 1); // keep-alive connections would hold the terminal

async function examineAll(): Promise<void> {
  const env = environment();
  if (env === null) return;
  const settings = readConfig(env);
  if (!settings.ok) return tell({ group: 'settings', findings: checkFaults(settings.faults) });
  const { config, warnings } = settings;
  const secrets = secretsOf(config);
  if (typeof secrets === 'string') return tell({ group: 'settings', findings: checkFaults([secrets]) });
  tell({ group: 'settings', findings: checkSettings(config, env, warnings, DOTENV) });
  const { now, monotonic } = clocks;
  const around = {
    config,
    secrets,
    isAtWithings: isAtWithings(env),
    clouds: CLOUDS,
    network,
    clocks: { now, monotonic },
    node: process.version,
  };
  for await (const group of examine(around)) tell(group);
}

function environment() {
  try {
    return readEnvironment(DOTENV);
  } catch (error) {
    tell({
      group: 'settings',
      findings: [fails((error as Error).message, 'The app does not start with it.')],
    });
    return null;
  }
}

/** Null: it was never made, and is not made now. A string: why it cannot be read. */
function secretsOf({ sessionSecrets, dataDir }: { sessionSecrets: string[]; dataDir: string }) {
  if (sessionSecrets.length === 0 && !existsSync(secretFile(dataDir))) return null;
  try {
    const keys = deriveKeys(sessionSecrets.length > 0 ? sessionSecrets : [storedSecret(dataDir)]);
    return { keys, encryption: createEncryption(keys.seal) };
  } catch (error) {
    return (error as Error).message;
  }
}

function tell({ group, findings }: Group): void {
  for (const finding of findings) {
    all.push({ group, ...finding });
    const { verdict, says, todo } = finding;
    const line = [verdict.padEnd(6), group.padEnd(9), says, todo ?? ''].join(' ').trimEnd();
    if (!isJson) process.stdout.write(`${line}\n`);
  }
}

function count(which: Finding['verdict']): number {
  return all.filter(({ verdict }) => verdict === which).length;
}
