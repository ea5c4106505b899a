import type { Request, Response } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';
import type { Changes } from '../changes.ts';

/** Pages that watch at a time: of one address (of IPv6 the /56, which one household has), and in all. */
const MOST_OF_ONE = 25;
const MOST = 200;

interface Watcher {
  address: string;
  end: () => void;
}

/** Who watches the panel: a stream of server-sent events for each, `change` whenever it would look different. */
export class Watchers {
  readonly #changes: Changes;
  /** The oldest first. */
  readonly #open = new Set<Watcher>();

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  /** Where there is no more room the oldest gives way, and is told, so that it does not come back at once. */
  add(req: Request, res: Response): void {
    const address = ipKeyGenerator(req.ip ?? 'gone');
    this.#makeRoom(address);
    res.writeHead(200, { 'Content-Type': 'text/event-stream', Connection: 'keep-alive' });
    res.write(': watching\n\n');
    const stop = this.#changes.subscribe(() => {
      // Whoever does not read has the last change still to come.
      if (!res.writableNeedDrain) res.write('event: change\ndata:\n\n');
    });
    const forget = () => {
      stop();
      this.#open.delete(watcher);
      req.socket.off('close', forget);
    };
    const watcher: Watcher = {
      address,
      end() {
        forget();
        res.end('event: over\ndata:\n\n');
      },
    };
    this.#open.add(watcher);
    // Not the response's: one that waits behind another (HTTP pipelining) is not told that the connection is gone.
    req.socket.on('close', forget);
  }

  #makeRoom(address: string): void {
    const all = [...this.#open];
    const own = all.filter((watcher) => watcher.address === address);
    if (own.length >= MOST_OF_ONE) own[0]?.end();
    else if (all.length >= MOST) all[0]?.end();
  }
}
