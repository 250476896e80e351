import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * `npm run -s source -- FILE [NAME [LAST]]` prints a file with its line numbers, or a part of it: a function, class or
 * constant with its comment, a method (`Tape.backward`), an entry point of a shader with its bindings, or the comment that
 * opens the file (`header`); with LAST, everything up to the end of that part. The lessons in docs/learn point at sources
 * by these names, which do not go stale as line numbers do.
 */
const DECLARATION = String.raw`^(?:export )?(?:async )?(?:function|class|const|interface|type|fn|struct) NAME\b`;
const METHOD = String.raw`^  (?:async )?#?NAME(?:<.*>)?\(`;
const COMMENT = /^\s*(?:\/\/|\/\*\*|\*)/;
const CLOSER = /^\s*[)\]}]/;

/**
 * The first and last line, counted from 1, of a part of a TypeScript, JavaScript or WGSL source. Throws Error if there is
 * no such part.
 * @param {string} text @param {string} name @returns {[first: number, last: number]}
 */
export function linesOf(text, name) {
  const lines = text.split('\n');
  if (name === 'header') {
    return [1, lines.findIndex((line) => !COMMENT.test(line))];
  }
  const [owner, method] = name.split('.');
  let at = find(lines, DECLARATION, /** @type {string} */ (owner), 0);
  if (at >= 0 && method !== undefined) at = find(lines, METHOD, method, at);
  if (at < 0) throw new Error(`no ${name} in the source`);
  return [startOf(lines, name, at) + 1, endOf(lines, at) + 1];
}

/** @param {string[]} lines @param {string} pattern @param {string} name @param {number} from */
function find(lines, pattern, name, from) {
  const declaration = new RegExp(pattern.replace('NAME', name));
  return lines.findIndex((line, i) => i >= from && declaration.test(line));
}

/** Where the comment above a declaration starts; in a shader, the comment above an entry point's bindings. */
function startOf(/** @type {string[]} */ lines, /** @type {string} */ name, /** @type {number} */ at) {
  const section = lines.findLastIndex((line, i) => i < at && new RegExp(`^// ${name}\\b`).test(line));
  if (section >= 0 && (lines[at] ?? '').startsWith('fn ')) return section;
  let start = at;
  while (COMMENT.test(lines[start - 1] ?? '')) start--;
  return start;
}

/** The last line of a declaration: formatted code closes it at its own indentation. */
function endOf(/** @type {string[]} */ lines, /** @type {number} */ at) {
  const indent = (/** @type {string} */ line) => line.length - line.trimStart().length;
  const own = indent(lines[at] ?? '');
  let end = at;
  for (let i = at + 1; i < lines.length; i++) {
    const line = lines[i] ?? '';
    if (line.trim() === '') continue;
    const closes = indent(line) === own && CLOSER.test(line);
    if (indent(line) <= own && !closes) break;
    end = i;
    if (closes && !/[{([=,:>]$/.test(line)) break;
  }
  return end;
}

/**
 * The lines from the start of a part to its end, or to that of another one, each with its number; without a name, all.
 * @param {string} text @param {string} [from] @param {string} [to]
 */
export function numbered(text, from, to = from) {
  const whole = text.trimEnd().split('\n').length;
  const [first] = from === undefined ? [1] : linesOf(text, from);
  const [, last] = to === undefined ? [1, whole] : linesOf(text, to);
  const lines = text.split('\n').slice(first - 1, last);
  return lines.map((line, i) => `${String(first + i).padStart(4)}  ${line}`.trimEnd()).join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [file, from, to] = process.argv.slice(2);
  if (file === undefined) {
    console.error('usage: npm run -s source -- FILE [NAME [LAST]], e.g. src/nn/autograd.ts Tape.backward');
    process.exitCode = 2;
  } else console.log(numbered(readFileSync(file, 'utf8'), from, to));
}
