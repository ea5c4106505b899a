import base from '../../jest.config.js';

/** Apart from `npm test`: it packs, and installs what it packed and others' packages from the registry, outside the project. */
export default {
  ...base,
  rootDir: '../..',
  roots: ['<rootDir>/test/package'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 120_000,
};
