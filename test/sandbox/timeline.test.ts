import { expect, test } from '@jest/globals';
import request from 'supertest';
import { drawTimeline } from '../../src/sandbox/control/timeline.ts';
import { buildTown } from './town.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** The panel's own drawing of the one grant there is. */
async function drawn(town: ReturnType<typeof buildTown>) {
  const state = await town.state();
  const [grant] = state.users.flatMap(({ grants }: { grants: object[] }) => grants);
  const timeline = drawTimeline(grant.pairs, state.clock.now);
  const { text } = await request(town.app).get('/');
  for (const { kind, state: shape, x1, x2 } of timeline.bars) {
    expect(text).toContain(`<line class="${kind} ${shape}" x1="${x1}" x2="${x2}"`);
  }
  const words = (kind: string) => timeline.bars.filter((bar) => bar.kind === kind).map((bar) => bar.state);
  return { ...timeline, access: words('access'), refresh: words('refresh') };
}

test('a new pair: three hours ahead, and a refresh token that runs off the edge', async () => {
  const town = buildTown();
  await town.connect();
  const timeline = await drawn(town);
  expect(timeline).toMatchObject({ access: ['live'], refresh: ['live'] });
  const [access, refresh] = timeline.bars;
  expect(access?.x1).toBe(timeline.now);
  expect(refresh?.x2).toBe(timeline.width);
  expect(access?.x2).toBeLessThan(timeline.width);
});

test('after a refresh the former token is in grace, and dead once the new one is used', async () => {
  const town = buildTown();
  const { refresh_token } = await town.connect();
  town.pass(HOUR);
  const { access_token } = (await town.refresh(refresh_token)).body.body;
  expect((await drawn(town)).refresh).toEqual(['live', 'live', 'grace']);
  town.pass(HOUR);
  await town.getmeas(access_token);
  const used = await drawn(town);
  expect(used).toMatchObject({ access: ['live', 'live'], refresh: ['live', 'live', 'dead'], height: 52 });
});

test('whoever left is drawn up to now', async () => {
  const town = buildTown();
  const { userid } = await town.connect();
  town.pass(HOUR);
  await request(town.app).post(`/control/users/${userid}/unlink`);
  const timeline = await drawn(town);
  expect(timeline).toMatchObject({ access: ['dead'], refresh: ['dead'] });
  for (const { x2 } of timeline.bars) expect(x2).toBe(timeline.now);
});

test('the axis is six hours at least, two days at most, and nothing leaves the drawing', async () => {
  const town = buildTown();
  let { refresh_token } = await town.connect();
  for (const hours of [30, 30, 30]) {
    town.pass(hours * HOUR);
    ({ refresh_token } = (await town.refresh(refresh_token)).body.body);
  }
  const timeline = await drawn(town);
  for (const { x1, x2 } of timeline.bars) {
    expect(x1).toBeGreaterThanOrEqual(0);
    expect(x2).toBeLessThanOrEqual(timeline.width);
  }
  const span = (Date.parse(iso(timeline.to)) - Date.parse(iso(timeline.from))) / 3_600_000;
  expect(span).toBeCloseTo(48, 1);
});

function iso(words: string): string {
  return words.replace(',', '').replace('UTC', 'GMT');
}
