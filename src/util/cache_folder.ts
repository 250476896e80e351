import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where files lie that can be made again: parsed data, measured tuning tables, the built camera binding.
 * `$XDG_CACHE_HOME/fer-tui` where that is set, else in `~/.cache`, `~/Library/Caches` (macOS) or `%LOCALAPPDATA%` (Windows).
 */
export function cacheFolder(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home = homedir(),
): string {
  return join(env['XDG_CACHE_HOME'] || usual(env, platform, home), 'fer-tui');
}

function usual(env: NodeJS.ProcessEnv, platform: NodeJS.Platform, home: string): string {
  if (platform === 'darwin') return join(home, 'Library', 'Caches');
  if (platform === 'win32') return env['LOCALAPPDATA'] || join(home, 'AppData', 'Local');
  return join(home, '.cache');
}
