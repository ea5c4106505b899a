import base from '../../jest.config.js';

/** Apart from `npm test`: it installs other people's clients from the registry, outside the project. */
export default {
  ...base,
  rootDir: '../..',
  roots: ['<rootDir>/test/clients'],
  testPathIgnorePatterns: ['/node_modules/'],
};
