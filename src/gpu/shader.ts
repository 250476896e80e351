import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ShaderError } from './errors.js';
import { gpuWait } from './polling.js';

/** Values for the `{{NAME}}` holes at the top of a shader: what must be known when it is compiled. */
export type Constants = Readonly<Record<string, number | string>>;

const SHADER_DIR = new URL('../../shaders/', import.meta.url);
const sources = new Map<string, string>();

/**
 * The text of `shaders/<name>.wgsl`, holes unfilled. What several shaders share lies in `shaders/parts`: a line
 * `// Parts: one, two` in the lesson puts those files behind it, in this order, each under a line with its name.
 */
export function shaderSource(name: string): string {
  let text = sources.get(name);
  if (text === undefined) {
    const own = read(name);
    const parts = /^\/\/ Parts: (.*)$/m.exec(own)?.[1]?.split(', ') ?? [];
    text = [own, ...parts.map((part) => `// parts/${part}\n${read(`parts/${part}`)}`)].join('\n');
    sources.set(name, text);
  }
  return text;
}

function read(name: string): string {
  const path = fileURLToPath(new URL(`${name}.wgsl`, SHADER_DIR));
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ShaderError(`shader "${name}": cannot read ${path}`, { cause });
  }
}

/** File and line of a line (from 1) of a shader's text: of the shader itself, or of the part that it lies in. */
export function placeOf(name: string, lines: readonly string[], line: number): string {
  const start = lines.slice(0, line).findLastIndex((text) => text.startsWith('// parts/'));
  const file = start < 0 ? name : (lines[start] ?? '').slice('// '.length);
  return `shaders/${file}.wgsl:${line - start - 1}`;
}

/** The comment block that opens a shader: the lesson about the op, without the comment marks. */
export function shaderLesson(name: string): string {
  const lines: string[] = [];
  for (const line of shaderSource(name).split('\n')) {
    if (!line.startsWith('//')) break;
    lines.push(line.replace(/^\/\/ ?/, ''));
  }
  return lines.join('\n');
}

/** The list of shaders/README.md, as Markdown: each shader with the first sentence of its lesson. */
export function shaderTable(names: readonly string[]): string {
  const rows = names.map((name) => {
    const [first = ''] = shaderLesson(name)
      .replaceAll('\n', ' ')
      .split(/(?<=[.:]) (?=[A-Z ]|$)|(?<=\.)$/);
    return `| \`${name}\` | ${first.trim().replace(/[.:]$/, '')} |`;
  });
  return ['| file | what it does |', '|---|---|', ...rows].join('\n');
}

/** Fills the holes. Every hole needs a value and every value a hole. */
export function fillConstants(name: string, source: string, constants: Constants): string {
  const used = new Set<string>();
  const text = source.replace(/\{\{(\w+)\}\}/g, (_, key: string) => {
    const value = constants[key];
    if (value === undefined) throw new ShaderError(`shader "${name}": no value for the constant {{${key}}}`);
    used.add(key);
    return String(value);
  });
  for (const key of Object.keys(constants)) {
    if (!used.has(key)) throw new ShaderError(`shader "${name}": it has no constant {{${key}}}`);
  }
  return text;
}

/** Compiles WGSL, or throws a ShaderError that shows line, column, the compiler's words and the source line. */
export async function explainCompileErrors(
  module: GPUShaderModule,
  name: string,
  text: string,
): Promise<void> {
  const info = await gpuWait(() => module.getCompilationInfo());
  const errors = info.messages.filter((message) => message.type === 'error');
  if (errors.length === 0) return;
  const lines = text.split('\n');
  const shown = errors.map(
    (e) => `${placeOf(name, lines, e.lineNum)}:${e.linePos} ${e.message}\n    ${lines[e.lineNum - 1] ?? ''}`,
  );
  throw new ShaderError(`shader "${name}" does not compile:\n${shown.join('\n')}`);
}
