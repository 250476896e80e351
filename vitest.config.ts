import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: './test/helpers/temporary_files.ts',
    reporters: ['default', './test/helpers/skip_reasons.ts'],
    pool: 'forks',
    // Test files wait half of their time for child processes and the GPU. More than four would need much memory.
    maxWorkers: Math.min(4, availableParallelism() + 1),
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
