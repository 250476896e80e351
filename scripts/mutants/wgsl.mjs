/** Small faults of a shader, made by rules for its text: WGSL has no parser here. */

/** What is looked for outside of comments and declarations, and what becomes of it. */
const RULES = [
  ['arithmetic', / \+ /g, ' - '],
  ['arithmetic', / - /g, ' + '],
  ['arithmetic', / \* /g, ' + '],
  ['arithmetic', / \/ /g, ' * '],
  ['assignment', / \+= /g, ' -= '],
  ['sign', /(?<=[=(,] ?)-(?=[\w(])/g, ''],
  ['comparison', / < /g, ' <= '],
  ['comparison', / <= /g, ' < '],
  ['comparison', / > /g, ' >= '],
  ['comparison', / >= /g, ' > '],
  ['comparison', / == /g, ' != '],
  ['logic', / && /g, ' || '],
  ['logic', / \|\| /g, ' && '],
  ['method', /\bmin(?=\()/g, 'max'],
  ['method', /\bmax(?=\()/g, 'min'],
  ['constant', /(?<![\w.])\d+(?=u\b)/g, (n) => String(Number(n) + 1)],
  ['constant', /(?<![\w.])\d+\.\d+(?!\w)/g, (n) => String((Number(n) + 1).toFixed(6))],
  ['index', /(?<=\[)[^[\]]+(?=\])/g, (at) => `${at} + 1`],
  ['index', /(?<=\.)[xy](?!\w)/g, (at) => (at === 'x' ? 'y' : 'x')],
];
/** Lines that declare: bindings, sizes, types. */
const DECLARES = /^\s*(@|struct|override|const|enable|var<|fn |alias)|\{\{/;

/** @returns {import('./typescript.mjs').Mutant[]} */
export function mutantsOfWgsl(file, source) {
  const found = [];
  let at = 0;
  for (const line of source.split('\n')) {
    const code = line.replace(/\/\/.*/, '');
    if (!DECLARES.test(code)) {
      for (const [kind, pattern, change] of RULES) {
        for (const { 0: old, index } of code.matchAll(pattern)) {
          const text = typeof change === 'string' ? change : change(old);
          found.push({ file, start: at + index, end: at + index + old.length, text, kind });
        }
      }
    }
    at += line.length + 1;
  }
  return found.sort((a, b) => a.start - b.start);
}
