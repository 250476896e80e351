import { readdirSync } from 'node:fs';

/** What a folder holds; nothing where it cannot be read, or where another process has just removed it. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
