import { defineConfig } from 'vitest/config';

// Sizes and times at three times their figure; one file at a time, so that they do not slow each other down.
export default defineConfig({
  test: { include: ['test/limits/**/*.test.ts'], testTimeout: 120_000, fileParallelism: false },
});
