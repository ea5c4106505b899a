import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/**
 * An address that leads to wherever the primary is.
 *
 * @param {number} port
 * @param {() => number} primary its port
 */
export async function createFollower(port, primary) {
  /** @type {Set<import('node:net').Socket>} */
  const open = new Set();
  const server = createServer((from) => {
    const to = connect(primary(), '127.0.0.1');
    for (const socket of [from, to]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        from.destroy();
        to.destroy();
      });
    }
    from.pipe(to).pipe(from);
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');

  function cut() {
    for (const socket of open) socket.destroy();
  }
  return {
    server,
    /** Everybody has to come again. */
    cut,
    close() {
      server.close();
      cut();
    },
  };
}
