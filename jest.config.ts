import { availableParallelism } from 'node:os';
import type { Config } from 'jest';

const config: Config = {
  rootDir: '.',
  testEnvironment: 'node',
  testMatch: ['<rootDir>/{apps,libs,migrations,bench}/**/*.spec.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/data'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^@willsoto/nestjs-prometheus$': '<rootDir>/jest.prometheus.mjs',
    '^@app/(.*)$': '<rootDir>/libs/$1/src/index.ts',
    '^@testing/(.*)$': '<rootDir>/libs/$1/src/testing.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2024',
        },
        module: { type: 'es6' },
      },
    ],
  },
  setupFilesAfterEnv: ['<rootDir>/jest.setup.ts'],
  // End-to-end tests wait half of their time.
  maxWorkers: availableParallelism() + 1,
  testSequencer: '<rootDir>/longest-first.sequencer.mjs',
  testTimeout: 30_000,
};

export default config;
