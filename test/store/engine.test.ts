import { spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { type Db, openDatabase } from '../../src/store/sqlite/database.ts';
import { type Engine, findEngine } from '../../src/store/sqlite/engine.ts';
import { startApp } from '../support/app.ts';
import { atEnd, tempDir } from '../support/machine.ts';

const DATABASE = pathToFileURL(resolve(import.meta.dirname, '../../dist/store/sqlite/database.js')).href;

const NOTHING = {
  builtin: (): unknown => undefined,
  require(): unknown {
    throw new Error('nothing is installed');
  },
};
const libsql = findEngine({ ...NOTHING, require: createRequire(import.meta.url) });

/** Null on a Node that has none, or one with the fault. */
function ownEngine(): Engine | null {
  try {
    return findEngine({ ...NOTHING, builtin: (name) => process.getBuiltinModule(name) });
  } catch {
    return null;
  }
}

const own = ownEngine();
const engines: [string, Engine][] = own
  ? [
      ['libsql', libsql],
      ['node:sqlite', own],
    ]
  : [['libsql', libsql]];

describe.each(engines)('%s', (_name, engine) => {
  function open(file: string): Db {
    const db = openDatabase(file, 'NORMAL', engine);
    atEnd(db.close);
    return db;
  }
  const codeOf = (work: () => unknown) => {
    try {
      work();
    } catch (error) {
      return (error as { code?: string }).code;
    }
    return null;
  };

  test('gives back what was stored, as it was stored', () => {
    const db = open(':memory:');
    db.exec('CREATE TABLE t (name TEXT, n INTEGER, share REAL) ');
    expect(db.run('INSERT INTO t VALUES (?, ?, ?), (?, ?, ?)', 'ä', 9e15, 0.5, null, -1, null)).toBe(2);
    expect(db.all('SELECT * FROM t')).toEqual([
      { name: 'ä', n: 9e15, share: 0.5 },
      { name: null, n: -1, share: null },
    ]);
    expect(db.run('UPDATE t SET n = 1 WHERE name IS ?', null)).toBe(1);
    expect(db.get('SELECT n FROM t WHERE name = ?', 'nobody')).toBeUndefined();
  });

  test('what SQLite refuses has the name of its result code', () => {
    const file = join(tempDir(), 'some.db');
    const db = open(file);
    db.exec('CREATE TABLE t (a UNIQUE)');
    db.run('INSERT INTO t VALUES (1)');
    expect(codeOf(() => db.run('INSERT INTO t VALUES (?)', 1))).toBe('SQLITE_CONSTRAINT');
    expect(codeOf(() => db.get('SELECT nothing FROM t'))).toBe('SQLITE_ERROR');
    db.exec('PRAGMA query_only = ON');
    expect(codeOf(() => db.run('DELETE FROM t'))).toBe('SQLITE_READONLY');
    writeFileSync(`${file}.txt`, 'A text, and no database at all.\n'.repeat(40));
    expect(codeOf(() => open(`${file}.txt`))).toBe('SQLITE_NOTADB');
    expect(codeOf(() => open(join(file, 'below a file')))).toBe('SQLITE_CANTOPEN');
  });

  test('a second writer is told that the file is locked', () => {
    const file = join(tempDir(), 'some.db');
    const [db, another] = [open(file), open(file)];
    another.exec('PRAGMA busy_timeout = 0');
    db.transaction(() => expect(codeOf(() => another.exec('BEGIN IMMEDIATE'))).toBe('SQLITE_BUSY'));
    another.transaction(() => {});
  });

  test('what fails within a transaction is undone and told, also where SQLite has undone it already', () => {
    const db = open(':memory:');
    db.exec('CREATE TABLE t (a UNIQUE ON CONFLICT ROLLBACK)');
    db.run('INSERT INTO t VALUES (1)');
    const twice = () => db.run('INSERT INTO t VALUES (1)');
    expect(codeOf(() => db.transaction(twice))).toBe('SQLITE_CONSTRAINT');
    const late = () => {
      db.run('INSERT INTO t VALUES (2)');
      throw new Error('of our own');
    };
    expect(() => db.transaction(late)).toThrow('of our own');
    expect(db.all('SELECT a FROM t')).toEqual([{ a: 1 }]);
  });

  test.each(engines)('what it left behind is taken up by %s', (_other, other) => {
    const [file, copy] = [join(tempDir(), 'some.db'), join(tempDir(), 'some.db')];
    const db = open(file);
    db.exec('CREATE TABLE t (a INTEGER)');
    db.run('INSERT INTO t VALUES (?)', 7);
    for (const end of ['', '-wal']) copyFileSync(file + end, copy + end); // as a crash leaves it
    db.close();
    for (const left of [file, copy]) {
      const again = openDatabase(left, 'FULL', other);
      expect(again.get('SELECT a FROM t')).toEqual({ a: 7 });
      again.close();
    }
  });
});

describe('which engine', () => {
  const withVersion = (version: string) => ({
    DatabaseSync: class {
      prepare = () => ({ get: () => ({ version }) });
      close() {}
    },
  });

  test('Node’s own from SQLite 3.51.3 on; libsql is not even loaded', () => {
    for (const version of ['3.51.3', '3.53.0', '4.0.0']) {
      const sources = { ...NOTHING, builtin: () => withVersion(version) };
      expect(findEngine(sources)).toMatchObject({ version, isForSeveralProcesses: true });
    }
  });

  test('libsql where that is missing or has the fault', () => {
    for (const module of [undefined, withVersion('3.51.2'), withVersion('3.9.9')]) {
      const sources = { builtin: () => module, require: createRequire(import.meta.url) };
      expect(findEngine(sources)).toMatchObject({ version: libsql.version, isForSeveralProcesses: false });
    }
  });

  test('neither: the start is refused with what to do', () => {
    expect(() => findEngine(NOTHING)).toThrow(
      /no SQLite of its own.*take the newest.*npm ci --include=optional/,
    );
    expect(() => findEngine({ ...NOTHING, builtin: () => withVersion('3.50.4') })).toThrow(
      'has SQLite 3.50.4',
    );
  });

  test('nothing is said of it on the terminal', () => {
    const program = `(await import('${DATABASE}')).sqliteEngine()`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
    });
    expect(stdout + stderr).toBe('');
  });

  test('the log says which, and warns where several processes may not share a file', async () => {
    const app = await startApp();
    const engine = findEngine();
    expect(app.logs()).toContain(`SQLite ${engine.version}`);
    expect(app.logs().includes('several processes on one DATA_DIR')).toBe(!engine.isForSeveralProcesses);
  });
});
