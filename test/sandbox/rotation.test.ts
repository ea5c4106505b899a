import { expect, test } from '@jest/globals';
import { buildTown, MAREN, refusal, type Tokens } from './town.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
const INVALID_REFRESH = refusal(503, 'Invalid Params: invalid refresh_token');
const INVALID_TOKEN = refusal(
  401,
  'XRequestID: Not provided invalid_token: The access token provided is invalid',
);

test('an access token lives three hours', async () => {
  const { connect, getmeas, pass } = buildTown();
  const { access_token } = await connect();
  pass(10_799);
  expect((await getmeas(access_token)).body.status).toBe(0);
  pass(1);
  const answer = await getmeas(access_token);
  expect(answer.status).toBe(200);
  expect(answer.text).toBe(INVALID_TOKEN);
});

test('a refresh token lives a year', async () => {
  const { connect, refresh, pass } = buildTown();
  const [one, two] = [await connect(), await connect()];
  pass(365 * DAY - 1);
  expect((await refresh(one.refresh_token)).body.status).toBe(0);
  pass(1);
  expect((await refresh(two.refresh_token)).text).toBe(INVALID_REFRESH);
});

test('a refresh buys a new pair of the same person and scope', async () => {
  const { connect, refresh, getmeas } = buildTown();
  const old = await connect();
  const next: Tokens = (await refresh(old.refresh_token)).body.body;
  expect(next).toMatchObject({ userid: MAREN, scope: old.scope, expires_in: 10800, token_type: 'Bearer' });
  expect(new Set([old.access_token, old.refresh_token, next.access_token, next.refresh_token]).size).toBe(4);
  expect((await getmeas(old.access_token)).body.status).toBe(0);
});

test('the former refresh token works for eight hours, while the new access token is unused', async () => {
  const { connect, refresh, pass } = buildTown();
  const { refresh_token } = await connect();
  await refresh(refresh_token);
  pass(8 * HOUR - 1);
  expect((await refresh(refresh_token)).body.status).toBe(0);
  pass(1);
  expect((await refresh(refresh_token)).text).toBe(INVALID_REFRESH);
});

test('the first use of the new access token ends the former refresh token', async () => {
  const { connect, refresh, getmeas } = buildTown();
  const { refresh_token, access_token } = await connect();
  const next: Tokens = (await refresh(refresh_token)).body.body;
  await getmeas(access_token);
  expect((await refresh(refresh_token)).body.status).toBe(0);
  await getmeas(next.access_token);
  expect((await refresh(refresh_token)).text).toBe(INVALID_REFRESH);
  expect((await refresh(next.refresh_token)).body.status).toBe(0);
});

test('a data call that fails is no use of the token', async () => {
  const { connect, refresh, getmeas } = buildTown();
  const { refresh_token } = await connect();
  const next: Tokens = (await refresh(refresh_token)).body.body;
  await getmeas(next.access_token, { startdate: 'x' });
  expect((await refresh(refresh_token)).body.status).toBe(0);
});

test('after a lost answer the old refresh token still buys a pair that lasts', async () => {
  const { connect, refresh, getmeas } = buildTown();
  const first = await connect();
  await refresh(first.refresh_token);
  const second: Tokens = (await refresh(first.refresh_token)).body.body;
  const third: Tokens = (await refresh(second.refresh_token)).body.body;
  await getmeas(third.access_token);
  expect((await refresh(first.refresh_token)).text).toBe(INVALID_REFRESH);
  expect((await refresh(second.refresh_token)).text).toBe(INVALID_REFRESH);
  expect((await refresh(third.refresh_token)).body.status).toBe(0);
});

test('agreeing again opens a further chain and leaves the old one alive', async () => {
  const { connect, refresh, getmeas, state } = buildTown();
  const old = await connect();
  const next = await connect();
  await getmeas(next.access_token);
  expect((await refresh(old.refresh_token)).body.status).toBe(0);
  const maren = (await state()).users.find(({ userId }: { userId: number }) => userId === MAREN);
  expect(maren.grants).toHaveLength(2);
});

test('a refresh token belongs to one client', async () => {
  const { connect, refresh } = buildTown();
  const { refresh_token } = await connect();
  const other = await refresh(refresh_token, { client_id: 'other', client_secret: 'other-secret' });
  expect(other.text).toBe(INVALID_REFRESH);
});

test('no-grace: the former refresh token is dead at once', async () => {
  const { connect, refresh, fault } = buildTown();
  const { refresh_token } = await connect();
  await fault('no-grace');
  expect((await refresh(refresh_token)).body.status).toBe(0);
  expect((await refresh(refresh_token)).text).toBe(INVALID_REFRESH);
});

test('revoke-family: a dead refresh token takes its whole chain along, and no other', async () => {
  const { connect, refresh, getmeas, fault } = buildTown();
  const other = await connect();
  const first = await connect();
  const second: Tokens = (await refresh(first.refresh_token)).body.body;
  await getmeas(second.access_token);
  await fault('revoke-family');
  expect((await refresh(first.refresh_token)).text).toBe(INVALID_REFRESH);
  expect((await refresh(second.refresh_token)).text).toBe(INVALID_REFRESH);
  expect((await getmeas(second.access_token)).text).toBe(INVALID_TOKEN);
  expect((await getmeas(other.access_token)).body.status).toBe(0);
});

test('without that fault a dead refresh token harms nobody', async () => {
  const { connect, refresh, getmeas } = buildTown();
  const first = await connect();
  const second: Tokens = (await refresh(first.refresh_token)).body.body;
  await getmeas(second.access_token);
  await refresh(first.refresh_token);
  expect((await getmeas(second.access_token)).body.status).toBe(0);
});

test('the demo user is unlinked one day after agreeing, however often the tokens were renewed', async () => {
  const { connect, refresh, getmeas, pass } = buildTown();
  const first = await connect(0, { mode: 'demo' });
  expect(first.userid).toBe(10000900);
  pass(DAY - 1);
  const second: Tokens = (await refresh(first.refresh_token)).body.body;
  expect((await getmeas(second.access_token)).body.status).toBe(0);
  pass(1);
  expect((await getmeas(second.access_token)).text).toBe(INVALID_TOKEN);
  expect((await refresh(second.refresh_token)).text).toBe(INVALID_REFRESH);
});
