import base from '../../jest.config.js';

/** The suites of the store and of everything that rests on it, once more, on a real PostgreSQL. */
export default {
  ...base,
  rootDir: '../..',
  testMatch: [
    '<rootDir>/test/{about,postgres,shared,connect,dashboard,partner,embed,webhooks}/**/*.test.ts',
    '<rootDir>/test/tokens/{custody,refresh,old-tokens}.test.ts',
    '<rootDir>/test/session/endings.test.ts',
  ],
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: '<rootDir>/test/postgres/start.js',
  globalTeardown: '<rootDir>/test/postgres/end.js',
  testTimeout: 60_000,
};
