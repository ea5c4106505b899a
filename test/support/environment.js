import asyncHooks from 'node:async_hooks';
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
asyncHooks.AsyncLocalStorage = KnownStorage;

// The loader of libsql asks for a report in each test file, and a report looks up the name of every peer.
Object.assign(process.report, { excludeNetwork: true });

/**
 * jest-circus begins an AsyncLocalStorage in each test file and never ends it. Before Node 24 every promise pays for
 * every storage there is: the fortieth file of a worker ran eight times slower than the first.
 */
export default class Environment extends TestEnvironment {
  /** @override */
  async teardown() {
    for (const storage of open) storage.disable();
    open.clear();
    await super.teardown();
  }
}
