import type { Request, Response } from 'express';
import { Problem } from '../problems/catalogue.ts';
import { addressOf } from '../web/address.ts';

/** A response that stays open until somebody ends it: the browser, its connection or we. */
export interface Stream {
  /** Aborts when it is over; whatever serves the stream ends with it. */
  over: AbortSignal;
  write(text: string): void;
  end(): void;
}

export interface Streams {
  /** @throws Problem `too-many-streams` */
  open(req: Request, res: Response): Stream;
  /** Ends every stream. */
  close(): void;
}

/**
 * How many may be open at a time. On plain HTTP a browser has six connections for a site, and a stream takes one of
 * them for itself: a second one on the same connection would wait for the end of the first. Beyond these a page asks
 * now and then instead.
 */
const MOST = { session: 4, connection: 1, address: 250 };
const MOST_IN_ALL = 1000;

/** @param onStreams told how many are open, whenever one has opened or ended */
export function createStreams(onStreams: (open: number) => void = () => {}): Streams {
  const open = new Map<Stream, Record<keyof typeof MOST, unknown>>();

  function isFull(place: Record<keyof typeof MOST, unknown>): boolean {
    const others = [...open.values()];
    const isTaken = (by: keyof typeof MOST) =>
      others.filter((other) => other[by] === place[by]).length >= MOST[by];
    return others.length >= MOST_IN_ALL || isTaken('session') || isTaken('connection') || isTaken('address');
  }

  return {
    open(req, res) {
      const { socket } = req;
      const place = { session: req.sessionID, connection: socket, address: addressOf(req) };
      if (isFull(place)) throw new Problem('too-many-streams');
      const over = new AbortController();
      const stream: Stream = {
        over: over.signal,
        write(text) {
          if (!over.signal.aborted) res.write(text);
        },
        end() {
          if (over.signal.aborted) return;
          open.delete(stream);
          onStreams(open.size);
          socket.off('close', stream.end);
          over.abort();
          res.end();
        },
      };
      open.set(stream, place);
      onStreams(open.size);
      // Not the response's: one that waits behind another (HTTP pipelining) is not told that the connection is gone.
      socket.on('close', stream.end);
      return stream;
    },
    close() {
      for (const stream of open.keys()) stream.end();
    },
  };
}
