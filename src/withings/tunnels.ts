import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';

/**
 * Connections to https hosts through a proxy: tunnels (RFC 9110, CONNECT), of which it sees the name of the host alone.
 * The agent that axios brings leaves a connection behind wherever the proxy does not answer.
 */
export class TunnelAgent extends https.Agent {
  readonly #proxy: URL;
  readonly #timeoutMs: number;

  /** @param proxy http or https, with user and password perhaps */
  constructor(proxy: URL, timeoutMs: number, options: https.AgentOptions) {
    super(options);
    this.#proxy = proxy;
    this.#timeoutMs = timeoutMs;
  }

  /** Asked by Node for each new connection. */
  override createConnection(
    target: http.ClientRequestArgs,
    done: (error: Error | null, socket?: Duplex) => void,
  ): undefined {
    const fail = (code: string) => Object.assign(new Error('The proxy made no tunnel'), { code });
    const asking = this.#ask(`${target.host}:${target.port}`);
    const late = setTimeout(() => asking.destroy(fail('ETIMEDOUT')), this.#timeoutMs);
    asking.on('connect', ({ statusCode }, socket) => {
      clearTimeout(late);
      if (statusCode !== 200) {
        socket.destroy();
        return done(fail(`PROXY_${statusCode}`));
      }
      return done(null, super.createConnection({ ...target, socket } as http.ClientRequestArgs) as Duplex);
    });
    asking.on('error', (error) => {
      clearTimeout(late);
      done(error);
    });
    asking.end();
  }

  #ask(address: string): http.ClientRequest {
    const { protocol, hostname, port, username, password } = this.#proxy;
    const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
    return (protocol === 'https:' ? https : http).request({
      method: 'CONNECT',
      hostname: hostname.replace(/^\[|\]$/g, ''),
      port,
      path: address,
      headers: {
        Host: address,
        ...(username && { 'Proxy-Authorization': `Basic ${credentials.toString('base64')}` }),
      },
      agent: false,
    });
  }
}
