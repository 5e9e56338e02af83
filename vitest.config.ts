import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages', 'services', 'infra', 'test'].map((folder) => `${folder}/**/*.test.ts`),
    exclude: ['**/node_modules/**'],
    globalSetup: ['test/global-setup.ts'],
    pool: 'forks',
    // Each worker holds servers and pools: more of them are not faster on a small machine.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    teardownTimeout: 20_000,
  },
});
