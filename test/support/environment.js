import asyncHooks from 'node:async_hooks';
import { runInContext } from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

const open = new Set();

/**
 * Remembers each storage that begins, so that it can end with the test file that began it.
 *
 * @template T
 * @extends {asyncHooks.AsyncLocalStorage<T>}
 */
class KnownStorage extends asyncHooks.AsyncLocalStorage {
  constructor() {
    super();
    open.add(this);
  }
}
// Node 24 needs none of this, and lets nobody replace it.
if (Object.getOwnPropertyDescriptor(asyncHooks, 'AsyncLocalStorage')?.writable) {
  asyncHooks.AsyncLocalStorage = KnownStorage;
}

// The loader of libsql asks for a report in each test file, and a report looks up the name of every peer.
Object.assign(process.report, { excludeNetwork: true });

/**
 * In a vm a global is looked up in the sandbox first, at each mention: 0.2 µs for a `Math`, a fifth of some files. What a
 * script declares is found before that. Only what no test replaces.
 */
const LANGUAGE = `const {
  Array, ArrayBuffer, BigInt, Boolean, Buffer, Date, Error, Function, Intl, JSON, Map, Math, Number, Object, Promise,
  Proxy, Reflect, RegExp, Set, String, Symbol, TypeError, URL, URLSearchParams, Uint8Array, WeakMap, WeakSet,
  decodeURIComponent, encodeURIComponent, isNaN, parseInt, process,
} = globalThis;`;

/**
 * jest-circus begins an AsyncLocalStorage in each test file and never ends it. Before Node 24 every promise pays for
 * every storage there is: the fortieth file of a worker ran eight times slower than the first.
 */
export default class Environment extends TestEnvironment {
  /** @override */
  async setup() {
    await super.setup();
    const context = this.getVmContext();
    if (context) runInContext(LANGUAGE, context);
  }

  /** @override */
  async teardown() {
    for (const storage of open) storage.disable();
    open.clear();
    await super.teardown();
  }
}
