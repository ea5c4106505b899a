import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { startApp } from '../support/app.ts';
import { visit } from '../support/visitor.ts';

const run = promisify(execFile);

test('a program that is copied from the dashboard sees what the browser sees', async () => {
  const app = await startApp();
  const visitor = visit(app);
  await visitor.connect();
  const { text } = await visitor.get('/dashboard');
  const [curl = '', javascript = '', python = ''] = [...text.matchAll(/<pre><code>(.*?)<\/code>/gs)].map(
    ([, code = '']) => code.replaceAll('&#34;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&'),
  );
  const name = `withings-session-${app.config.port}`;
  const session = new RegExp(`${name}=([^;]+)`).exec(visitor.cookies())?.[1] ?? '';
  expect(session).not.toBe('');
  expect(text).not.toContain(session);
  for (const program of [curl, javascript, python]) {
    expect(program).toContain(`${app.url}/api/measures`);
    expect(program).toContain(`${name}=`);
    expect(program).toContain('WITHINGS_SESSION');
  }

  const environment = { PATH: process.env.PATH, WITHINGS_SESSION: session };
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', javascript], {
    env: environment,
  });
  expect(stdout).toContain("label: 'Weight'");
  const stranger = { ...environment, WITHINGS_SESSION: 'nobody' };
  const refused = await run(process.execPath, ['--input-type=module', '-e', javascript], { env: stranger });
  expect(refused.stdout).toContain("code: 'not-connected'");
});
