import { defineConfig } from 'vitest/config';

const HEALTH = 'test/health/**/*.test.ts';

export default defineConfig({
  test: {
    testTimeout: 120_000,
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: 'chain', include: ['test/**/*.test.ts'], exclude: [HEALTH] } },
      // These change nothing global, and loading their modules anew for each file would take as long as all of their tests.
      { extends: true, test: { name: 'health', include: [HEALTH], isolate: false } },
    ],
  },
});
