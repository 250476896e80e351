import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ShaderError } from './errors.js';
import { gpuWait } from './polling.js';

/** Values for the `{{NAME}}` placeholders of a shader, which must be known when it is compiled. */
export type Constants = Readonly<Record<string, number | string>>;

const SHADER_DIR = new URL('../../shaders/', import.meta.url);
const sources = new Map<string, string>();

/**
 * The text of `shaders/<name>.wgsl`, placeholders unfilled. Code that several shaders share is in `shaders/parts`: a
 * line `// Parts: one, two` in the header appends those files in this order, each under a line with its name.
 * Throws ShaderError if a file cannot be read.
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

/** Adds a shader from outside of this package, for `defineKernel`. Throws ShaderError if its name is taken. */
export function addShader(name: string, text: string): void {
  if (sources.has(name) || existsSync(pathOf(name)))
    throw new ShaderError(`shader "${name}" exists already; choose another name`);
  sources.set(name, text);
}

const pathOf = (name: string): string => fileURLToPath(new URL(`${name}.wgsl`, SHADER_DIR));

function read(name: string): string {
  const path = pathOf(name);
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ShaderError(`shader "${name}": cannot read ${path}`, { cause });
  }
}

/** File and line number of a line (counted from 1) of a shader's text: in the shader itself, or in one of its parts. */
export function sourceLocation(name: string, lines: readonly string[], line: number): string {
  const start = lines.slice(0, line).findLastIndex((text) => text.startsWith('// parts/'));
  const file = start < 0 ? name : (lines[start] ?? '').slice('// '.length);
  return `shaders/${file}.wgsl:${line - start - 1}`;
}

/** The comment that opens a shader, without the comment marks: the lesson about its op. */
export function shaderLesson(name: string): string {
  const lines: string[] = [];
  for (const line of shaderSource(name).split('\n')) {
    if (!line.startsWith('//')) break;
    lines.push(line.replace(/^\/\/ ?/, ''));
  }
  return lines.join('\n');
}

/** The table of shaders/README.md in Markdown: each shader with the first sentence of its lesson. */
export function shaderTable(names: readonly string[]): string {
  const rows = names.map((name) => {
    const [first = ''] = shaderLesson(name)
      .replaceAll('\n', ' ')
      .split(/(?<=[.:]) (?=[A-Z ]|$)|(?<=\.)$/);
    return `| \`${name}\` | ${first.trim().replace(/[.:]$/, '')} |`;
  });
  return ['| file | what it does |', '|---|---|', ...rows].join('\n');
}

/** Fills the placeholders. Throws ShaderError for a placeholder without a value, or a value without a placeholder. */
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

/** Throws ShaderError if a module has compile errors: each with file, line, column, message and source line. */
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
    (e) =>
      `${sourceLocation(name, lines, e.lineNum)}:${e.linePos} ${e.message}\n    ${lines[e.lineNum - 1] ?? ''}`,
  );
  throw new ShaderError(`shader "${name}" does not compile:\n${shown.join('\n')}`);
}
