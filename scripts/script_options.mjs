import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/**
 * What a script was called with, as `parseArgs` of node:util reads it. `--help` prints the comment that the script begins
 * with and ends it with 0; an argument that does not belong there is named, with that comment, and ends it with 2. Errors for
 * people, and files that cannot be read, end the script with their message alone.
 *
 * An option may have the type `number`: a positive one, a whole one with `whole`, one of 0 or more with `least: 0`.
 * @param url import.meta.url of the script
 */
export function scriptOptions(url, { options = {}, ...rest } = {}) {
  const path = fileURLToPath(url);
  const [, comment = ''] = /\/\*\*\n(.*?)\n \*\//s.exec(readFileSync(path, 'utf8')) ?? [];
  const usage = comment.replaceAll(/^ \* ?/gm, '');
  process.on('uncaughtException', (error) => {
    const forPeople = typeof error?.exitCode === 'number' || typeof error?.syscall === 'string';
    console.error(forPeople ? `${basename(path)}: ${error.message}` : error);
    process.exit((forPeople && error.exitCode) || 1);
  });
  try {
    const parsed = parseArgs({
      options: { ...textual(options), help: { type: 'boolean', short: 'h' } },
      ...rest,
    });
    if (!parsed.values.help) return { ...parsed, values: numeric(parsed.values, options) };
    console.log(usage);
    process.exit(0);
  } catch (error) {
    console.error(`${error.message.split('. ')[0]}\n\n${usage}`);
    process.exit(2);
  }
}

/**
 * Ends a script with 2 for an argument that it does not take.
 * @param url import.meta.url of the script
 * @param what says what is wrong, and what was expected
 */
export function refuse(url, what) {
  console.error(`${basename(fileURLToPath(url))}: ${what}`);
  process.exit(2);
}

/** The options as `parseArgs` knows them. */
function textual(options) {
  const entries = Object.entries(options).map(([name, option]) => {
    const { type, default: value } = option;
    if (type !== 'number') return [name, option];
    return [name, { type: 'string', ...(value !== undefined && { default: String(value) }) }];
  });
  return Object.fromEntries(entries);
}

/** The values, those of numbers as numbers. Throws for one that is none, or is out of its range. */
function numeric(values, options) {
  const entries = Object.entries(values).map(([name, value]) => {
    const { type, whole = false, least } = options[name] ?? {};
    if (type !== 'number') return [name, value];
    const x = value.trim() === '' ? Number.NaN : Number(value);
    const fits =
      (least === undefined ? x > 0 : x >= least) && Number.isFinite(x) && (!whole || Number.isInteger(x));
    const range = least === undefined ? 'above 0' : `of ${least} or more`;
    if (!fits) throw new RangeError(`--${name} ${value}: expected a ${whole ? 'whole ' : ''}number ${range}`);
    return [name, x];
  });
  return Object.fromEntries(entries);
}
