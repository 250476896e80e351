import { join } from 'node:path';
import { homeFolder, ownFolder } from './cache_folder.js';

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
  const place = { variable: 'XDG_STATE_HOME', mac: 'Application Support', other: join('.local', 'state') };
  return ownFolder(place, env, platform, home);
}
