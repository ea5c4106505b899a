import { run } from '../commands/programs.ts';
import { startInstance } from '../shared/instance.ts';
import { freePort, tempDir } from '../support/machine.ts';
import { startWithings } from '../support/withings.ts';
import { startFront } from './front.ts';

export interface Found {
  group: string;
  verdict: 'ok' | 'warn' | 'fails';
  says: string;
  todo: string | null;
}

export const SECRET = 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT';

/**
 * The whole of it, each part a program or a server of its own: a Withings, the app, and before it a front that ends TLS.
 *
 * @param of the settings
 * @param more `clock`: how far that of Withings is ahead; `tls`: browsers of this machine need none
 */
export async function install(of: Record<string, string> = {}, { clock = { ahead: 0 }, tls = true } = {}) {
  const [port, frontPort] = [await freePort(), await freePort()];
  const publicUrl = tls ? `https://localhost:${frontPort}` : `http://127.0.0.1:${port}`;
  const withings = await startWithings(publicUrl, () => Date.now() + clock.ahead);
  const front = await startFront(frontPort);
  front.target = `http://127.0.0.1:${port}`;
  const env: Record<string, string> = {
    ...withings.env,
    SESSION_SECRET: SECRET,
    PORT: String(port),
    HOST: '127.0.0.1',
    PUBLIC_URL: publicUrl,
    TRUST_PROXY: tls ? '1' : '0',
    DATA_DIR: tempDir(),
    ...of,
  };
  const app = await startInstance(env);
  return {
    ...{ app, env, front, withings, url: front.target },
    /** Runs the doctor with these settings changed. */
    examine: (change: Record<string, string> = {}, cwd?: string) =>
      examine({ NODE_EXTRA_CA_CERTS: front.ca, ...env, ...change }, cwd),
  };
}

export async function examine(env: Record<string, string>, cwd?: string) {
  const { code, output } = await run('doctor', ['--json'], env, cwd);
  const report = JSON.parse(output) as { ok: boolean; findings: Found[] };
  const linesOf = (verdict: Found['verdict'], group: string) =>
    report.findings
      .filter((each) => each.verdict === verdict && each.group === group)
      .map(({ says }) => says)
      .join('\n');
  return {
    code,
    output,
    ok: report.ok,
    findings: report.findings,
    fails: (group: string) => linesOf('fails', group),
    warns: (group: string) => linesOf('warn', group),
    well: (group: string) => linesOf('ok', group),
  };
}
