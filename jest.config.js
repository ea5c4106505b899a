import { availableParallelism } from 'node:os';

export default {
  testEnvironment: '<rootDir>/test/support/environment.js',
  maxWorkers: Math.ceil(availableParallelism() * 1.5), // much of the time goes into waiting for processes
  testSequencer: '<rootDir>/test/support/sequencer.cjs',
  testTimeout: 30_000, // for noisy machines; nothing asserts a time
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/test/(clients|contract|browser|package|redis|postgres|shared)/',
  ], // they need more than Node
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
};
