import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where files lie that can be made again: parsed data, measured tuning tables. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'fer-tui');
}
