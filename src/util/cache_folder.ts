import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * Where files lie that can be made again: parsed data, measured tuning tables, the built camera binding.
 * `$XDG_CACHE_HOME/fer-tui` where that is an absolute path, else in `~/.cache`, `~/Library/Caches` (macOS) or `%LOCALAPPDATA%` (Windows).
 */
export function cacheFolder(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home = homeFolder(),
): string {
  return ownFolder({ variable: 'XDG_CACHE_HOME', mac: 'Caches', other: '.cache' }, env, platform, home);
}

/** Where systems keep one kind of files: a variable that names the folder, a folder in macOS's Library, and one in other homes. */
interface Place {
  readonly variable: string;
  readonly mac: string;
  readonly other: string;
}

/** The folder of fer-tui among the files of one kind. A relative path in the variable counts for nothing, as XDG has it. */
export function ownFolder(
  { variable, mac, other }: Place,
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform,
  home: string,
): string {
  const named = env[variable] ?? '';
  return join(isAbsolute(named) ? named : usual(), 'fer-tui');

  function usual(): string {
    if (platform === 'darwin') return join(home, 'Library', mac);
    if (platform === 'win32') return env['LOCALAPPDATA'] || join(home, 'AppData', 'Local');
    return join(home, other);
  }
}

/**
 * The user's home. A user without one, as services and containers have, or with an empty HOME, gets a folder among the temporary
 * files.
 */
export function homeFolder(): string {
  const temporary = join(tmpdir(), `fer-tui-home-${process.getuid?.() ?? 0}`);
  try {
    return homedir() || temporary;
  } catch {
    return temporary;
  }
}
