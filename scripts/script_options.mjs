import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/**
 * What a script was called with, as `parseArgs` of node:util reads it. `--help` prints the comment that the script begins
 * with and ends it with 0; an argument that does not belong there is named, with that comment, and ends it with 2.
 * @param url import.meta.url of the script
 */
export function scriptOptions(url, { options = {}, ...rest } = {}) {
  const [, comment = ''] = /\/\*\*\n(.*?)\n \*\//s.exec(readFileSync(fileURLToPath(url), 'utf8')) ?? [];
  const usage = comment.replaceAll(/^ \* ?/gm, '');
  try {
    const parsed = parseArgs({ options: { ...options, help: { type: 'boolean', short: 'h' } }, ...rest });
    if (!parsed.values.help) return parsed;
    console.log(usage);
    process.exit(0);
  } catch (error) {
    console.error(`${error.message.split('. ')[0]}\n\n${usage}`);
    process.exit(2);
  }
}
