import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** libsql closes a file, and empties its WAL into it, when the last of its statements is garbage. */
export async function everythingIsClosed(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 3; round += 1) {
    collect();
    await new Promise((done) => setImmediate(done));
  }
}
