import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

/** Everything a change of which must be on the disk; people of the tests have no passwords. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  max_connections: '400',
  logging_collector: 'off',
  dynamic_shared_memory_type: 'mmap', // in the folder, with which it goes: who is killed tidies up nothing
};

const IN_MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/**
 * A cluster of its own in a folder of its own, not started yet.
 *
 * @param {Record<string, string>} [settings]
 * @param {string} [place] of its folder; in memory if there is none
 */
export async function createCluster(settings = {}, place = IN_MEMORY) {
  const dir = newDir(place);
  const user = nobodyElse(dir);
  run(
    'initdb',
    ['--pgdata', dir, '--no-sync', '--auth', 'trust', '--username', 'test', '--encoding', 'UTF8'],
    user,
  );
  return clusterIn(dir, user, settings);
}

/**
 * @param {string} dir with the files of a cluster
 * @param {{ uid?: number, gid?: number }} user
 * @param {Record<string, string>} settings
 */
export async function clusterIn(dir, user, settings) {
  const port = await freePort();
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let server;

  async function start() {
    const args = Object.entries({
      ...SETTINGS,
      unix_socket_directories: '',
      ...settings,
      port: String(port),
    });
    server = spawn(
      binary('postgres'),
      ['-D', dir, ...args.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      {
        ...user,
        cwd: dir,
        stdio: 'ignore',
      },
    );
    await answering();
  }

  async function answering() {
    for (let tries = 0; tries < 600; tries += 1) {
      const client = new pg.Client({ host: '127.0.0.1', port, user: 'test', database: 'postgres' });
      client.on('error', () => {});
      try {
        await client.connect();
        await client.end();
        return;
      } catch {
        await new Promise((wait) => setTimeout(wait, 25));
      }
    }
    throw new Error('postgres did not start');
  }

  /** @param {string} sql */
  async function ask(sql) {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'test', database: 'postgres' });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  /** @param {NodeJS.Signals} signal */
  async function end(signal) {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
  }

  return {
    dir,
    port,
    user,
    /** @param {string} [database] */
    url: (database = 'postgres') => `postgres://test@127.0.0.1:${port}/${database}`,
    start,
    /** As a crash of the program: nobody gets to write anything any more, and it recovers from its log. */
    crash: () => end('SIGQUIT'),
    stop: () => end('SIGINT'),
    kill: () => end('SIGKILL'),
    /** SIGSTOP and SIGCONT, of all that it consists of: it stands still with its connections open. */
    freeze: () => signal(server, 'SIGSTOP'),
    thaw: () => signal(server, 'SIGCONT'),
    /** @param {string} sql */
    ask,
    /** A standby takes writes from now on. */
    promote: () => ask('SELECT pg_promote()'),
    /** Those who still run in it may write there for a moment. */
    remove: () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/**
 * A copy of a primary that follows it, and that it waits for from now on.
 *
 * @param {Awaited<ReturnType<typeof clusterIn>>} primary
 * @param {Record<string, string>} [settings]
 */
export async function standbyOf(primary, settings = {}) {
  const dir = newDir(IN_MEMORY);
  const user = nobodyElse(dir);
  await copyFiles(primary, dir, user);
  const standby = await clusterIn(dir, user, {
    ...settings,
    primary_conninfo: `host=127.0.0.1 port=${primary.port} user=test application_name=standby`,
  });
  await standby.start();
  await primary.ask("ALTER SYSTEM SET synchronous_standby_names = 'standby'");
  await primary.ask('SELECT pg_reload_conf()');
  for (let tries = 0; tries < 400; tries += 1) {
    const rows = await primary.ask("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'");
    if (rows.length > 0) return standby;
    await new Promise((wait) => setTimeout(wait, 25));
  }
  throw new Error('The standby does not follow');
}

/**
 * What pg_basebackup does, which not every package has: the files while they change, and the log of those changes.
 *
 * @param {Awaited<ReturnType<typeof clusterIn>>} primary
 * @param {string} dir
 * @param {{ uid?: number, gid?: number }} user
 */
async function copyFiles(primary, dir, user) {
  const client = new pg.Client({ connectionString: primary.url() });
  await client.connect();
  const { rows } = await client.query("SELECT current_setting('server_version_num')::int AS version");
  const [start, stop] =
    rows[0].version < 150_000
      ? ["pg_start_backup('', true, false)", 'pg_stop_backup(false)']
      : ["pg_backup_start('', true)", 'pg_backup_stop()'];
  await client.query(`SELECT ${start}`);
  await copy(`${primary.dir}/.`, dir, user);
  const { labelfile } = (await client.query(`SELECT labelfile FROM ${stop}`)).rows[0];
  await copy(`${primary.dir}/pg_wal`, dir, user);
  await client.end();
  rmSync(join(dir, 'postmaster.pid'));
  for (const [name, text] of Object.entries({ backup_label: labelfile, 'standby.signal': '' })) {
    writeFileSync(join(dir, name), text);
    nobodyElse(join(dir, name));
  }
}

/**
 * @param {string} from
 * @param {string} to
 * @param {{ uid?: number, gid?: number }} user
 * @returns {Promise<void>}
 */
function copy(from, to, user) {
  return new Promise((resolve, reject) => {
    execFile('cp', ['--archive', from, to], { ...user, cwd: '/' }, (error, _out, said) => {
      const lines = said.split('\n').filter((line) => line !== '' && !line.includes('No such file')); // gone meanwhile
      if (error && lines.length > 0) reject(error);
      else resolve();
    });
  });
}

/**
 * PostgreSQL's backends are groups of their own.
 *
 * @param {import('node:child_process').ChildProcess | undefined} server
 * @param {NodeJS.Signals} name
 */
function signal(server, name) {
  if (server?.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
  const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(server.pid)]).toString();
  for (const pid of [server.pid, ...children.split('\n').filter(Boolean).map(Number)]) {
    try {
      process.kill(pid, name);
    } catch {
      // it has ended meanwhile
    }
  }
}

/** @param {string} place */
function newDir(place) {
  return mkdtempSync(join(place, 'connect-postgres-'));
}

/**
 * PostgreSQL does not run as root.
 *
 * @param {string} dir
 */
function nobodyElse(dir) {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'postgres'])));
  chownSync(dir, Number(uid), Number(gid));
  return { uid: Number(uid), gid: Number(gid) };
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {{ uid?: number, gid?: number }} user
 */
export function run(program, args, user) {
  execFileSync(binary(program), args, { ...user, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
}

/**
 * Not every package of PostgreSQL has all of its programs.
 *
 * @param {string} program
 */
export function isInstalled(program) {
  return spawnSync(binary(program), ['--version']).status === 0;
}

/**
 * Debian keeps them in a folder for each version.
 *
 * @param {string} program
 */
function binary(program) {
  if (process.env.POSTGRES_BIN) return join(process.env.POSTGRES_BIN, program);
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.length > 0 ? join(root, String(versions[0]), 'bin', program) : program;
}

export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address());
  probe.close();
  return port;
}
