// A job beside your application, on its store: everybody's measures of the last two days, within the quota that all share.
import { setTimeout as sleep } from 'node:timers/promises';
import { clocks, createConnect, openStore } from 'withings-connect';

const { APP_URL, APP_SECRET, STORE, WITHINGS_CLIENT_ID, WITHINGS_CLIENT_SECRET } = process.env;
const { WITHINGS_API_URL } = process.env; // only for a sandbox

const connect = createConnect({
  url: `${APP_URL}/withings`, // as the application has it
  withings: {
    clientId: WITHINGS_CLIENT_ID,
    clientSecret: WITHINGS_CLIENT_SECRET,
    apiUrl: WITHINGS_API_URL,
  },
  store: await openStore(STORE, { secrets: [APP_SECRET] }),
  clocks,
  owner: () => null, // nobody visits a job
});

let after = null;
do {
  const { people, next } = await connect.list({ after });
  for (const { owner } of people) {
    const account = connect.of(owner, { background: true }); // whoever waits for a page goes first
    const measures = await patiently(() => account.measures({ days: 2 }));
    const said = measures.ok ? `${measures.value.rows.length} measures` : measures.refusal.code;
    process.stdout.write(`${owner}: ${said}\n`); // your own database belongs here
  }
  after = next;
} while (after !== null);
await connect.stop();

/** Asks again, ten times at most, when it makes sense: when there is a turn in the quota, or Withings is back. */
async function patiently(ask) {
  for (let tries = 1; ; tries += 1) {
    const answer = await ask();
    const refusal = answer.ok ? answer.value.stale : answer.refusal;
    if (refusal?.remedy !== 'retry' || tries === 10) return answer;
    await sleep((refusal.retryAfterSeconds ?? 60) * 1000);
  }
}
