import base from '../../jest.config.js';

/** Apart from `npm test`: it needs Chromium. */
// biome-ignore lint/style/noDefaultExport: Jest reads the default export
export default {
  ...base,
  rootDir: '../..',
  roots: ['<rootDir>/test/redis'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 60_000,
  maxWorkers: 2,
};
