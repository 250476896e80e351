import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Gives all test files one temporary folder, which is removed with everything in it once the last has ended. And takes a preference for
 * colour away: the programs that tests start would follow it, and tests compare what those print.
 */
export default async function environment(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'fer-tui-tests-'));
  process.env['TMPDIR'] = folder;
  process.env['TEMP'] = folder; // what Windows reads
  delete process.env['FORCE_COLOR'];
  return () => rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
