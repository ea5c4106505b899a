import { type AddressInfo, connect, createServer } from 'node:net';
import { atEnd } from './machine.ts';

export interface WireTap {
  url: string;
  heard(): string;
  /** Every access and refresh token that has come by. */
  tokens(): string[];
}

/** A line to another server that writes down every byte of both directions. */
export async function tapWire(target: string): Promise<WireTap> {
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
  const heard = () => Buffer.concat(chunks).toString('latin1');
  return {
    url: `http://127.0.0.1:${(tap.address() as AddressInfo).port}/`,
    heard,
    tokens: () =>
      [...heard().matchAll(/"(?:access|refresh)_token":"([0-9a-f]{40})"/g)].map(([, token = '']) => token),
  };
}
