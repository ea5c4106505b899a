import { expect, test } from '@jest/globals';
import request from 'supertest';
import { formsOf } from '../support/visitor.ts';
import { buildTown, MAREN, TOMAS } from './town.ts';

/** The page and its forms, as a browser without JavaScript fills them in. */
function buildRoom() {
  const town = buildTown();
  const { app } = town;
  const page = async () => (await request(app).get('/sandbox/')).text;

  async function press(label: string) {
    const forms = formsOf(await page());
    const form = forms.find(({ buttons }) => buttons.has(label));
    if (!form) throw new Error(`There is no button ${label}`);
    const sent = { ...form.fields, ...form.buttons.get(label) };
    const answer = await request(app).post(form.action).type('form').send(sent);
    const back = await request(app).get(String(answer.headers.location));
    return { status: answer.status, said: /<p class="said"[^>]*>([^<]*)/.exec(back.text)?.[1] };
  }
  return { ...town, page, press };
}

test('the way back leads to the application', async () => {
  const { page } = buildRoom();
  expect(await page()).toContain('<a href="http://localhost:3000/">Test app</a>');
});

test('three hours and a month pass at a press, and the page says so', async () => {
  const { press, sandbox, clock } = buildRoom();
  expect(await press('Three hours later')).toEqual({ status: 303, said: 'The clock has moved.' });
  await press('A month away');
  expect(sandbox.now() - clock.now).toBe((3 + 30 * 24) * 3_600_000);
});

test('the answer to the next refresh is lost, and no other', async () => {
  const { press, page, connect, state, listen } = buildRoom();
  expect((await press('The answer to the next refresh is lost')).said).toContain('the next time');
  expect(await page()).toContain('Set, and still to come.');
  const { refresh_token } = await connect();
  const { url, close } = await listen();
  const body = new URLSearchParams({
    action: 'requesttoken',
    client_id: 'sandbox',
    client_secret: 'sandbox-secret',
    grant_type: 'refresh_token',
    refresh_token,
  });
  await expect(fetch(`${url}/v2/oauth2`, { method: 'POST', body })).rejects.toThrow('fetch failed');
  expect(await page()).not.toContain('Set, and still to come.');
  expect((await state()).users[0].grants[0].pairs).toHaveLength(2);
  close();
});

test.each([
  ['Withings is down until I say so', 'http-500'],
  ['Wrong secret', 'wrong-secret'],
])('%s: it lasts until it is ended, and only it is', async (title, name) => {
  const { press, state, fault, connect } = buildRoom();
  await fault('short-pages', { times: 0 });
  await press(title);
  const names = async () => (await state()).faults.map((each: { name: string }) => each.name);
  expect(await names()).toEqual(['short-pages', name]);
  expect((await connect())?.access_token).toBeUndefined();
  expect((await press(`End: ${title}`)).said).toContain('Over.');
  expect(await names()).toEqual(['short-pages']);
});

test('who connected last removes the app; while nobody is connected, nobody can', async () => {
  const { press, page, connect, getmeas, advance } = buildRoom();
  expect(await page()).toMatch(/disabled>She removes the app.*Nobody is connected yet/s);
  const maren = await connect(MAREN);
  await advance(1);
  const tomas = await connect(TOMAS);
  expect(await page()).toContain('Tomas Brandt ends the permission');
  expect((await press('She removes the app')).said).toBe('Tomas Brandt has removed the app.');
  expect((await getmeas(tomas.access_token)).body.status).toBe(401);
  expect((await getmeas(maren.access_token)).body.status).toBe(0);
});

test('the next person shares only weight', async () => {
  const { press, connect } = buildRoom();
  await press('Only weight is shared');
  expect((await connect()).scope).toBe('user.metrics');
});

test('somebody steps on the scale: whoever is connected, or the first', async () => {
  const { press, connect } = buildRoom();
  expect((await press('Somebody steps on the scale')).said).toBe('Maren Holt has stepped on the scale.');
  await connect(TOMAS);
  expect((await press('Somebody steps on the scale')).said).toBe('Tomas Brandt has stepped on the scale.');
});

test('what has ended is folded away', async () => {
  const { page, connect, press } = buildRoom();
  await connect();
  await press('Remove the app');
  await connect();
  const [shown = '', folded = ''] = (await page()).split('One permission has ended');
  expect(shown.match(/connected<\/span>/g)).toHaveLength(1);
  expect(shown).not.toContain('ended</span>');
  expect(folded).toContain('ended</span>');
});

test('the log says in words what came of each call', async () => {
  const { page, connect, fault, getmeas } = buildRoom();
  const { access_token } = await connect();
  await getmeas('0'.repeat(40));
  await fault('status-522');
  await getmeas(access_token);
  const words = [
    ...(await page()).matchAll(/<summary><time>[\d:]+<\/time> <strong>(.*?)<\/strong> <span[^>]*>(.*?)</g),
  ];
  expect(words.map(([, endpoint, outcome]) => `${endpoint}: ${outcome}`)).toEqual([
    'getmeas: fault: A timeout inside Withings',
    'getmeas: refused with 401: XRequestID: Not provided invalid_token: The access token provided is invalid',
    'requesttoken authorization_code: answered',
  ]);
});

test('a form that cannot be followed is answered in words, a program with what is known', async () => {
  const { app } = buildRoom();
  const url = 'http://elsewhere.example/back';
  const form = await request(app).post('/sandbox/control/callbacks').type('form').send({ url });
  expect([form.status, form.type]).toEqual([400, 'text/html']);
  expect(form.text).toContain('This sandbox calls no such host, but localhost, ');
  expect((await request(app).post('/control/callbacks').send({ url })).body.known).toHaveProperty('hosts');
});

test('one fault is ended by its name; an unknown one ends none', async () => {
  const { app, fault, state } = buildRoom();
  for (const name of ['slow', 'deny']) await fault(name, { times: 0 });
  await request(app).delete('/control/faults').send({ name: 'sloow' }).expect(400);
  expect((await request(app).delete('/control/faults').send({ name: 'slow' })).body.faults).toHaveLength(1);
  await request(app).delete('/control/faults').expect(200, { faults: [] });
  expect((await state()).faults).toEqual([]);
});

test('an address says nothing of its own', async () => {
  const { app } = buildRoom();
  for (const query of ['said=constructor', 'said=<b>', 'said=weigh&user=<b>', 'said=&said=clock'])
    expect([query, (await request(app).get(`/?${query}`)).text.includes('<b>')]).toEqual([query, false]);
});
