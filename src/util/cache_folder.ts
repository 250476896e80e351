import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Where files lie that can be made again: parsed data, measured tuning tables, the built camera binding.
 * `$XDG_CACHE_HOME/fer-tui` where that is set, else in `~/.cache`, `~/Library/Caches` (macOS) or `%LOCALAPPDATA%` (Windows).
 */
export function cacheFolder(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home = homeFolder(),
): string {
  return join(env['XDG_CACHE_HOME'] || usual(env, platform, home), 'fer-tui');
}

/** The user's home. A user without one, as services and containers have, gets a folder among the temporary files. */
export function homeFolder(): string {
  try {
    return homedir();
  } catch {
    return join(tmpdir(), `fer-tui-home-${process.getuid?.() ?? 0}`);
  }
}

function usual(env: NodeJS.ProcessEnv, platform: NodeJS.Platform, home: string): string {
  if (platform === 'darwin') return join(home, 'Library', 'Caches');
  if (platform === 'win32') return env['LOCALAPPDATA'] || join(home, 'AppData', 'Local');
  return join(home, '.cache');
}
