import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { redisOfTheSuites } from './start.js';

// biome-ignore lint/style/noDefaultExport: Jest calls the default export
export default async function end() {
  if (!redisOfTheSuites) return;
  const { server, dir } = redisOfTheSuites;
  const ended = once(server, 'exit');
  server.kill('SIGKILL');
  await ended;
  rmSync(dir, { recursive: true, force: true });
}
