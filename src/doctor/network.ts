import { lookup, resolve4, resolve6 } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, rootCertificates, type TLSSocket } from 'node:tls';
import type { Certificate, Network } from './surroundings.ts';

const HANDSHAKE_WITHIN_MS = 5000;

/** This machine's. */
export const network: Network = {
  fetch,
  async resolve(name) {
    const found = await Promise.allSettled([resolve4(name), resolve6(name)]);
    const addresses = found.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
    const [first] = found;
    if (addresses.length === 0 && first.status === 'rejected') throw first.reason;
    return addresses;
  },
  lookUp: async (name) =>
    (await lookup(name.replace(/^\[|\]$/g, ''), { all: true })).map(({ address }) => address),
  async handshake({ hostname, port }, trusts) {
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || 443),
      servername: /^[\d.]+$|^\[/.test(hostname) ? '' : hostname,
      rejectUnauthorized: false, // what is wrong with it is what we ask; nothing is sent
      ...(trusts === 'public' ? { ca: [...rootCertificates] } : {}),
    });
    try {
      await once(socket, 'secureConnect', { signal: AbortSignal.timeout(HANDSHAKE_WITHIN_MS) });
      return readCertificate(socket);
    } finally {
      socket.on('error', () => {}).destroy();
    }
  },
};

function readCertificate(socket: TLSSocket): Certificate {
  const { authorizationError: fault } = socket;
  return {
    fault: socket.authorized ? null : String((fault as NodeJS.ErrnoException | undefined)?.code ?? fault),
    endsAt: Date.parse(socket.getPeerCertificate().valid_to),
  };
}
