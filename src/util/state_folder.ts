import { join } from 'node:path';
import { homeFolder } from './cache_folder.js';

/**
 * Where files lie that a person would miss little, but a little: what was open, and texts that were typed.
 * `$XDG_STATE_HOME/fer-tui` where that is set, else in `~/.local/state`, `~/Library/Application Support` (macOS) or
 * `%LOCALAPPDATA%` (Windows).
 */
export function stateFolder(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home = homeFolder(),
): string {
  return join(env['XDG_STATE_HOME'] || usual(env, platform, home), 'fer-tui');
}

function usual(env: NodeJS.ProcessEnv, platform: NodeJS.Platform, home: string): string {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support');
  if (platform === 'win32') return env['LOCALAPPDATA'] || join(home, 'AppData', 'Local');
  return join(home, '.local', 'state');
}
