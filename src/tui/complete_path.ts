import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Replaces a leading `~` by the user's home, and takes off the quotes that terminals put around dropped files. */
export function expandPath(text: string): string {
  const bare = /^(['"])(.*)\1$/.exec(text)?.[2] ?? text;
  return /^~(\/|$)/.test(bare) ? join(homedir(), bare.slice(1)) : bare;
}

/**
 * The paths that a typed beginning may become, in order; folders end in a slash. Hidden ones only after a dot. A folder that
 * cannot be read has none.
 */
export function completions(typed: string): string[] {
  const text = expandPath(typed);
  const cut = text.lastIndexOf('/') + 1;
  const [folder, begun] = [text.slice(0, cut), text.slice(cut)];
  try {
    return readdirSync(folder === '' ? '.' : dirname(`${folder}x`), { withFileTypes: true })
      .filter(({ name }) => name.startsWith(begun) && (begun !== '' || !name.startsWith('.')))
      .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`)
      .sort();
  } catch {
    return [];
  }
}

/** The longest text that all of the paths begin with. */
export function commonBeginning(paths: readonly string[]): string {
  const [first = '', ...rest] = paths;
  let length = first.length;
  for (const path of rest) while (!path.startsWith(first.slice(0, length))) length--;
  return first.slice(0, length);
}
