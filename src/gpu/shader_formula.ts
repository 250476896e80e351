/** A function of a shader: its name, the index of its first line, and its lines without comments. */
export interface ShaderFunction {
  readonly name: string;
  readonly first: number;
  readonly lines: readonly string[];
}

/** Whether a line of a shader computes the formula of the shader's lesson: it ends with the comment `// formula`. */
export function isFormula(line: string): boolean {
  return line.endsWith(' // formula');
}

/**
 * The function `entry` of a shader's text (see `shaderSource`) and those that it calls, directly or through others: a caller
 * before what it calls. Empty if the text has no such function.
 */
export function functionsFrom(text: string, entry: string): ShaderFunction[] {
  const all = functionsOf(text.split('\n'));
  const reached = new Set(all.filter(({ name }) => name === entry));
  for (const { lines } of reached) {
    const called = new Set([...lines.join('\n').matchAll(/(?<![.\w])(\w+)\(/g)].map(([, name]) => name));
    for (const other of all) if (called.has(other.name)) reached.add(other);
  }
  return [...reached];
}

/**
 * Indices of the lines that compute the formula of an entry point (see `isFormula`): first those in the entry point itself,
 * then those in the functions that it calls.
 */
export function formulaLines(text: string, entry: string): number[] {
  const lines = text.split('\n');
  return functionsFrom(text, entry).flatMap(({ first, lines: own }) =>
    own.map((_, i) => first + i).filter((i) => isFormula(lines[i] ?? '')),
  );
}

/** A function begins with `fn` at the start of a line. It ends with that line, or with the next `}` at the start of one. */
function functionsOf(text: readonly string[]): ShaderFunction[] {
  const code = text.map((line) => line.replace(/ *\/\/.*/, ''));
  return code.flatMap((line, first) => {
    const name = /^fn (\w+)\(/.exec(line)?.[1];
    if (name === undefined) return [];
    const last = line.endsWith('}') ? first : code.indexOf('}', first);
    return [{ name, first, lines: code.slice(first, last + 1) }];
  });
}
