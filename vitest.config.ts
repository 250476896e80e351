import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { TEST_MS, WAIT_MS } from './test/helpers/patience.js';

const files = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => `test/${file.replaceAll('\\', '/')}`);

/** What a test file changes for the whole process: replaced modules, spies, environment, current directory, exit code. */
const PROCESS_WIDE =
  /\bvi\.(mock|doMock|spyOn|stubEnv|stubGlobal)\b|process\.(chdir|exitCode = )|process\.env[.[][^;=]*= /;
const alone = files.filter((file) => PROCESS_WIDE.test(readFileSync(file, 'utf8')));
const shared = files.filter((file) => !alone.includes(file));

const common = {
  pool: 'forks' as const,
  ...{ testTimeout: TEST_MS, hookTimeout: TEST_MS },
  expect: { poll: { timeout: WAIT_MS } },
  setupFiles: './test/helpers/equality.ts',
};

const standIn = fileURLToPath(new URL('test/helpers/shared_devices.ts', import.meta.url));
/** Gives the files of a project devices that others have used before. */
const sharedDevices = {
  name: 'shared-devices',
  enforce: 'pre' as const,
  resolveId: (id: string, importer: string | undefined) =>
    id === 'webgpu' && importer !== standIn ? standIn : undefined,
};

export default defineConfig({
  test: {
    globalSetup: './test/helpers/environment.ts',
    reporters: ['default', './test/helpers/skip_reasons.ts'],
    // Test files wait half of their time for child processes and the GPU. More than four would need much memory.
    maxWorkers: Math.min(4, availableParallelism() + 2),
    projects: [
      // A test file that changes its process has it for itself. The others take turns in a few processes, which load and
      // compile each source file once: that saves a fifth of the suite's CPU time. They also use the same devices.
      { test: { ...common, name: 'alone', include: alone } },
      { plugins: [sharedDevices], test: { ...common, name: 'shared', include: shared, isolate: false } },
    ],
  },
});
