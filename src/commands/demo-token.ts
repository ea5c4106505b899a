import { readConfigOfProcess } from '../config/config.ts';
import { PROBLEMS } from '../problems/catalogue.ts';
import { createWithings } from '../withings/client.ts';

/** What `npm run demo-token` runs: a token of Withings' demo user, as JSON on the terminal. */
const settings = readConfigOfProcess();
if (!settings.ok) refuse(settings.faults.join('\n'));
const { config } = settings;
const { withings: options } = config;
const now = Date.now;

const withings = createWithings({ ...options, now });
const answer = await withings.demoAccess(options.scope);
if (!answer.ok) {
  const { code, status } = answer.refusal;
  const { title, advice } = PROBLEMS[code];
  const isAsleep = options.sandbox && code === 'withings-unreachable';
  refuse(
    isAsleep
      ? `Nothing answers at ${options.apiUrl}: start the sandbox with \`npm start\` and try again.`
      : `${title} (${code}${status === null ? '' : `, their status ${status}`}). ${advice}`,
  );
}

const { accessToken, refreshToken, expiresInSeconds } = answer.value;
const token = {
  accessToken,
  refreshToken,
  scope: options.scope,
  expiresAt: new Date(now() + expiresInSeconds * 1000).toISOString(),
};
process.stdout.write(`${JSON.stringify(token, null, 2)}\n`);
process.stderr.write(
  `\nTry it:\n  curl -H 'Authorization: Bearer ${accessToken}' -d action=getdevice ${options.apiUrl}v2/user\n`,
);
process.exit(0); // keep-alive connections would hold the terminal

function refuse(words: string): never {
  process.stderr.write(`No token. ${words}\n`);
  process.exit(1);
}
