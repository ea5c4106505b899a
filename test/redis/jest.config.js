import base from '../../jest.config.js';

/** The suites of the store and of everything that rests on it, once more, on a real redis-server. */
export default {
  ...base,
  rootDir: '../..',
  testMatch: [
    '<rootDir>/test/{about,redis,shared,connect,dashboard,partner,embed,webhooks}/**/*.test.ts',
    '<rootDir>/test/tokens/{custody,refresh,old-tokens}.test.ts',
    '<rootDir>/test/session/endings.test.ts',
  ],
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: '<rootDir>/test/redis/start.js',
  globalTeardown: '<rootDir>/test/redis/end.js',
  testTimeout: 60_000,
};
