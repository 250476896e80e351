import { defineConfig } from 'vitest/config';

/** `npm run exercise -- 01-tensors` runs the test of a lesson's exercise, which fails until you have solved it. */
export default defineConfig({ test: { include: ['docs/learn/exercises/*.test.ts'] } });
