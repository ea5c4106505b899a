import { get } from 'node:http';
import { expect, test } from '@jest/globals';
import { atEnd } from '../support/machine.ts';
import { until } from '../support/until.ts';
import { buildTown } from './town.ts';

/** A page of the panel at another of this machine's own addresses, and what it has heard so far. */
async function watch(url: string, localAddress: string) {
  const asked = get(`${url}/events`, { localAddress, agent: false });
  let text = '';
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  await new Promise<void>((resolve, reject) => {
    asked.once('error', reject);
    asked.once('response', (answer) => {
      answer.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
        resolve();
      });
      answer.on('error', () => {}).on('end', end);
    });
  });
  return { text: () => text, ended, leave: () => void asked.destroy() };
}

test('an address watches with twenty-five pages; the oldest gives way, and nobody elsewhere', async () => {
  const { listen, fault } = buildTown();
  const { url, close } = await listen();
  atEnd(close);
  const elsewhere = await watch(url, '127.0.0.9');
  const own: Awaited<ReturnType<typeof watch>>[] = [];
  for (let n = 0; n < 26; n += 1) own.push(await watch(url, '127.0.0.1'));
  await own[0]?.ended;
  expect(own[0]?.text()).toContain('event: over');
  await fault('slow');
  await until(() => [elsewhere, ...own.slice(1)].every(({ text }) => text().includes('event: change')));
  expect(own.slice(1).some(({ text }) => text().includes('event: over'))).toBe(false);
});

test('all addresses together watch with two hundred; whoever leaves makes room', async () => {
  const { listen } = buildTown();
  const { url, close, connections } = await listen();
  atEnd(close);
  const pages: Awaited<ReturnType<typeof watch>>[] = [];
  for (let n = 0; n < 200; n += 1) pages.push(await watch(url, `127.0.1.${n + 1}`));
  pages[7]?.leave();
  await until(async () => (await connections()) === 199);
  pages.push(await watch(url, '127.0.2.1'));
  expect(pages[0]?.text()).not.toContain('event: over');
  pages.push(await watch(url, '127.0.2.2'));
  await pages[0]?.ended;
  expect(pages[1]?.text()).not.toContain('event: over');
});
