import { expect, test } from '@jest/globals';
import request from 'supertest';
import { activated, startDoor } from '../support/partner.ts';
import { formsOf, visit } from '../support/visitor.ts';

/** A browser in which Ada is connected, and a link that shows the partner's person. */
async function adaGetsALink() {
  const door = await startDoor();
  const ada = visit(door.app);
  await ada.connect();
  const { userId } = (await ada.json('/api/connection')).body;
  const { body } = await door.partner.post('', { code: await activated(door.contract) });
  const shown = async () => (await ada.json('/api/connection')).body.userId;
  return { ...door, ada, userId, body, shown, path: new URL(body.handoffUrl).pathname };
}

const FROM_ANOTHER_SITE = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Dest': 'document' };

test('a browser that shows somebody else is asked first; until it has said yes nothing has changed', async () => {
  const { app, ada, userId, body, shown, path } = await adaGetsALink();
  const page = await ada.get(path, FROM_ANOTHER_SITE);
  expect(page.status).toBe(200);
  expect(page.headers['cache-control']).toBe('no-store');
  expect(page.headers['referrer-policy']).toBe('same-origin'); // `no-referrer` would make its form a stranger's
  expect(page.text).toContain(`Stay with user ${userId}`);
  expect(page.text).toContain(`Show user ${body.userId}`);
  expect(await shown()).toBe(userId);
  expect((await visit(app).post(path)).status).toBe(303); // not spent either
});

test('yes is a form of this site alone, and ends the session that was there', async () => {
  const { app, ada, userId, body, shown, path, partner } = await adaGetsALink();
  const before = ada.cookies();
  const [form] = formsOf((await ada.get(path)).text);
  expect(form?.action).toBe(path);
  expect((await ada.post(path, {}, { Origin: 'https://evil.example' })).status).toBe(403);
  expect((await ada.post(path, {}, { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
  expect(await shown()).toBe(userId);

  const opened = await ada.post(path);
  expect(opened.status).toBe(303);
  expect(opened.headers).toMatchObject({ location: '/dashboard', 'cache-control': 'no-store' });
  expect(await shown()).toBe(body.userId);
  expect((await ada.post(path)).status).toBe(410);
  const old = await request(app.url).get('/api/connection').set('Cookie', before);
  expect(old.body.state).toBe('not-connected');
  expect((await partner.get(`/${body.connectionId}`)).body.state).toBe('connected');
});

test('whoever shows nobody, or this connection already, presses a button too, and loses nobody by it', async () => {
  const { app, partner, body, path } = await adaGetsALink();
  const webview = visit(app);
  for (const offered of [path, await another()]) {
    const page = await webview.get(offered, FROM_ANOTHER_SITE);
    expect([page.status, page.headers['set-cookie']]).toEqual([200, undefined]);
    expect(page.text).toContain(`Show user ${body.userId}`);
    expect(page.text).not.toContain('is logged out of this browser');
    const [form] = formsOf(page.text);
    expect(form?.action).toBe(offered);
    const opened = await webview.post(offered);
    expect([opened.status, opened.headers.location]).toEqual([303, '/dashboard']); // the token is out of the address bar
    expect((await webview.json('/api/connection')).body.userId).toBe(body.userId);
  }

  async function another() {
    const { handoffUrl } = (await partner.post(`/${body.connectionId}/handoff`)).body;
    return new URL(handoffUrl).pathname;
  }
});

test('a foreign page signs no browser in', async () => {
  const { app, path } = await adaGetsALink();
  const victim = visit(app);
  expect((await victim.get(path, FROM_ANOTHER_SITE)).headers['set-cookie']).toBeUndefined();
  const from = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' };
  expect((await victim.post(path, {}, from)).status).toBe(403);
  expect((await victim.get('/dashboard')).headers.location).toBe('/');
});

test('a link that is spent says so, and leaves the browser as it is', async () => {
  const { app, ada, userId, shown, path } = await adaGetsALink();
  await visit(app).post(path);
  expect((await ada.get(path)).status).toBe(410);
  expect((await ada.post(path)).status).toBe(410);
  expect(await shown()).toBe(userId);
});
