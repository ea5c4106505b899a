import { describe, expect, test } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.ts';
import { type Visitor, visit } from '../support/visitor.ts';

async function connected(env: Record<string, string> = {}) {
  const app = await startApp(env);
  const visitor = visit(app);
  await visitor.connect();
  const [name = '', value = ''] = cookiesOf(visitor, 'session');
  return { app, visitor, name, value };
}

function cookiesOf(visitor: Visitor, purpose: string): string[] {
  return (
    visitor
      .cookies()
      .split('; ')
      .find((pair) => pair.startsWith(`withings-${purpose}`))
      ?.split('=') ?? []
  );
}

/** Whether a browser with nothing but these cookies is signed in, and what it is told to keep. */
async function signedIn(app: TestApp, cookie: string) {
  const answer = await visit(app).get('/api/connection', { Accept: 'application/json', Cookie: cookie });
  return { state: answer.body.state, set: answer.headers['set-cookie'] as string[] | undefined };
}

describe('whose cookies they are', () => {
  test('two installations on ports of one host leave each other alone', async () => {
    const one = await connected();
    const two = await connected();
    expect(one.name).not.toBe(two.name);
    const both = `${two.visitor.cookies()}; ${one.visitor.cookies()}`;
    expect((await signedIn(one.app, both)).state).toBe('connected');
    expect((await signedIn(two.app, both)).state).toBe('connected');
  });

  test('neither a foreign cookie in front hides ours nor one of a session that has ended', async () => {
    const { app, visitor, name, value } = await connected();
    await visitor.connect(); // ends the session of before
    const [, latest] = cookiesOf(visitor, 'session');
    for (const first of ['theirs', 's%3Atheirs.signature', '%E0%A4%A', value]) {
      const { state } = await signedIn(app, `${name}=${first}; ${name}=${latest}`);
      expect([first, state]).toEqual([first, 'connected']);
    }
  });

  test('an attempt is found behind foreign cookies of its name and behind one of another browser', async () => {
    const { app, visitor } = await connected();
    const stranger = visit(app);
    await stranger.begin();
    const [name, planted] = cookiesOf(stranger, 'connect');
    const callback = await visitor.consent(await visitor.begin(), 'Allow');
    const [, own] = cookiesOf(visitor, 'connect');
    const cookies = ['theirs', planted, own].map((value) => `${name}=${value}`).join('; ');
    expect((await visit(app).get(callback, { Cookie: cookies })).headers.location).toBe('/dashboard');
  });

  test('a receipt is found behind a foreign one', async () => {
    const { app, visitor } = await connected();
    await visitor.post('/disconnect');
    const [name, value] = cookiesOf(visitor, 'receipt');
    const page = await visit(app).get('/', { Cookie: `${name}=theirs; ${name}=${value}` });
    expect(page.text).toContain('Withings confirmed');
  });
});

describe('a session that began under the old name', () => {
  test.each(['http://health.example', 'https://health.example'])(
    '%s: it goes on, and is given the new name',
    async (url) => {
      const { app, value } = await connected();
      const moved = await app.restart({ PUBLIC_URL: url });
      const secure = url.startsWith('https');
      const [old, name] = secure
        ? ['__Host-session', '__Host-withings-session']
        : ['session', 'withings-session'];
      const first = await signedIn(moved, `${old}=theirs; ${old}=${value}`);
      expect(first.state).toBe('connected');
      expect(first.set).toEqual([
        expect.stringMatching(
          new RegExp(
            `^${name}=[^;]+; Max-Age=[1-9]\\d+; Path=/; .*HttpOnly; ${secure ? 'Secure; ' : ''}SameSite=Lax$`,
          ),
        ),
      ]);
      expect(first.set?.[0]).toContain(value);
      expect(await signedIn(moved, `${name}=${value}; ${old}=${value}`)).toEqual({
        state: 'connected',
        set: undefined,
      });
    },
  );

  test('logged out it is logged out under both names; a cookie of others is left alone', async () => {
    const { app, visitor, name, value } = await connected();
    const log = async (cookie: string) => {
      const { headers } = await visitor.post('/logout', {}, { Cookie: cookie });
      return [headers['set-cookie'] ?? []].flat().filter((each) => each.includes('session'));
    };
    expect(await log('session=theirs')).toEqual([expect.stringMatching(`^${name}=;`)]);
    expect(await log(`${name}=${value}; session=${value}`)).toEqual([
      expect.stringMatching(`^${name}=;`),
      expect.stringMatching('^session=;'),
    ]);
    expect((await signedIn(app, `session=${value}`)).state).toBe('not-connected');
  });

  test('over, it is given no name', async () => {
    const { app, visitor, value } = await connected();
    await visitor.post('/logout');
    expect(await signedIn(app, `session=${value}`)).toEqual({ state: 'not-connected', set: undefined });
  });
});
