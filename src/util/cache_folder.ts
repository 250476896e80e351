import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder of files that can be recreated: parsed data and tuning tables. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'fer-tui');
}
