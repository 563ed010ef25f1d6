import { defineConfig } from 'vitest/config';

// The longer lanes: real mails, real kernel trees. They need the material that CONTRIBUTING.md names.
export default defineConfig({
  test: {
    include: ['test/lanes/**/*.test.ts'],
    testTimeout: 1_800_000,
    hookTimeout: 1_800_000,
    fileParallelism: false,
    reporters: ['default'],
  },
});
