import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { atEnd, freePort, tempDir } from '../support/machine.ts';

/** A real redis-server of the test's own, on a free port of this machine, with a folder of its own. */
export interface RedisServer {
  url: string;
  /** Where it keeps its files. */
  dir: string;
  /** SIGKILL: nobody gets to write anything any more. */
  kill(): Promise<void>;
  /** Starts it again on the same port and folder. */
  start(): Promise<void>;
  /** SIGSTOP and SIGCONT: it stands still, with its connections open. */
  freeze(): void;
  thaw(): void;
}

export const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always'];

export async function startRedis(settings: string[] = DURABLE): Promise<RedisServer> {
  const port = await freePort();
  const dir = tempDir();
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', ''];
    child = spawn(process.env.REDIS_SERVER ?? 'redis-server', [...place, ...settings], { stdio: 'ignore' });
    for (let tries = 0; tries < 200; tries += 1) {
      if (await answers(port)) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error('redis-server did not start: is it installed?');
  }

  async function kill(): Promise<void> {
    const ended = new Promise((resolve) => child?.once('exit', resolve));
    if (child?.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await ended;
  }

  await start();
  atEnd(kill);
  return {
    url: `redis://127.0.0.1:${port}`,
    dir,
    kill,
    start,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
  };
}

/** It answers PING, or asks for a password: it is there. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => void socket.write('PING\r\n'));
    socket.once('data', (data) => {
      socket.destroy();
      resolve(/PONG|NOAUTH/.test(String(data)));
    });
    socket.once('error', () => resolve(false));
  });
}
