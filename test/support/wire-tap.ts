import { type AddressInfo, connect, createServer } from 'node:net';
import { atEnd } from './app.ts';

/** A line to another server that writes down every byte of both directions. */
export async function tapWire(target: string): Promise<{ url: string; heard: () => string }> {
  const { port } = new URL(target);
  const chunks: Buffer[] = [];
  const tap = createServer((near) => {
    const far = connect(Number(port), '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (chunk: Buffer) => chunks.push(chunk));
      from.on('error', () => to.destroy());
      from.pipe(to);
    }
    atEnd(() => void near.destroy());
  });
  await new Promise<void>((resolve) => tap.listen(0, '127.0.0.1', resolve));
  atEnd(() => void tap.close());
  return {
    url: `http://127.0.0.1:${(tap.address() as AddressInfo).port}/`,
    heard: () => Buffer.concat(chunks).toString('latin1'),
  };
}
