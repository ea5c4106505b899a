import { once } from 'node:events';
import { rmSync } from 'node:fs';

// biome-ignore lint/style/noDefaultExport: Jest calls the default export
export default async function end() {
  const { server, dir } = globalThis.redisOfTheSuites;
  const ended = once(server, 'exit');
  server.kill('SIGKILL');
  await ended;
  rmSync(dir, { recursive: true, force: true });
}
