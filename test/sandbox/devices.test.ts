import { expect, test } from '@jest/globals';
import { buildTown, MAREN, TOMAS } from './town.ts';

const INES = 10000003;
const JOSEPH = 10000005;

test('the devices are those that measured', async () => {
  const { connect, data, getmeas } = buildTown();
  const { access_token } = await connect(MAREN);
  const { devices } = (await data(access_token, '/v2/user', 'getdevice')).body;
  expect(devices.map(({ model }: { model: string }) => model)).toEqual([
    'Body+',
    'BPM Connect',
    'ScanWatch 2',
    'Aura Sensor V2',
  ]);
  const ids = new Set(devices.map(({ deviceid }: { deviceid: string }) => deviceid));
  const [group] = (await getmeas(access_token)).body.body.measuregrps;
  expect(ids).toContain(group.deviceid);
  for (const { battery, timezone, last_session_date } of devices) {
    expect(['high', 'medium', 'low']).toContain(battery);
    expect(timezone).toBe('Pacific/Auckland');
    expect(last_session_date).toBe(Date.UTC(2026, 0, 15, 9) / 1000);
  }
});

test('batteries run down and are charged again', async () => {
  const { connect, data, pass } = buildTown();
  const seen = new Set<string>();
  for (let month = 0; month < 12; month += 1) {
    const { devices } = (await data((await connect(MAREN)).access_token, '/v2/user', 'getdevice')).body;
    seen.add(devices[2].battery);
    pass(30 * 86_400);
  }
  expect(seen).toEqual(new Set(['high', 'medium', 'low']));
});

test('the demo user has data and no devices', async () => {
  const { connect, data, getmeas } = buildTown();
  const { access_token } = await connect(MAREN, { mode: 'demo' });
  expect((await data(access_token, '/v2/user', 'getdevice')).body).toEqual({ devices: [] });
  expect((await getmeas(access_token)).body.body.measuregrps.length).toBeGreaterThan(100);
});

test('a device may have no name, no known battery; two of one model differ in when they were used', async () => {
  const { connect, data } = buildTown();
  const joseph = await connect(JOSEPH, { selecteduser: String(JOSEPH) });
  const [, , , unnamed] = (await data(joseph.access_token, '/v2/user', 'getdevice')).body.devices;
  expect(unnamed).toMatchObject({ type: 'Activity Tracker', model: null, battery: null });
  const [scale, former] = (await data((await connect(INES)).access_token, '/v2/user', 'getdevice')).body
    .devices;
  expect([scale.model, former.model]).toEqual(['Body+', 'Body+']);
  expect(former.deviceid).not.toBe(scale.deviceid);
  expect(former.last_session_date).toBeLessThan(scale.first_session_date);
});

test('goals, with either scope; none where none were set', async () => {
  const { connect, data } = buildTown();
  const goals = { steps: 10000, sleep: 28800, weight: { value: expect.any(Number), unit: -3 } };
  for (const scope of ['user.info', 'user.metrics']) {
    const { access_token } = await connect(MAREN, { scope });
    expect((await data(access_token, '/v2/user', 'getgoals')).body).toEqual({ goals });
  }
  const ines = await connect(INES);
  expect((await data(ines.access_token, '/v2/user', 'getgoals')).body).toEqual({ goals: {} });
  const narrow = await connect(TOMAS, { scope: 'user.activity' });
  expect((await data(narrow.access_token, '/v2/user', 'getgoals')).status).toBe(2553);
  expect((await data(narrow.access_token, '/v2/user', 'getdevice')).status).toBe(2553);
  expect((await data(narrow.access_token, '/v2/user', 'get')).status).toBe(2554);
});
