import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { reach } from '../../scripts/mutants/reach.mjs';
import { sampleOf } from '../../scripts/mutants/sample.mjs';
import { mutantsOfTypeScript } from '../../scripts/mutants/typescript.mjs';
import { mutantsOfWgsl } from '../../scripts/mutants/wgsl.mjs';
import { newFolder } from '../helpers/keras_files.js';

interface Mutant {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The source with each of its mutants in turn. */
const applied = (source: string, mutants: readonly Mutant[]): string[] =>
  mutants.map(({ start, end, text }) => source.slice(0, start) + text + source.slice(end));
const typescript = (source: string): string[] => applied(source, mutantsOfTypeScript('x.ts', source));

it('every known fault fits one place of its file', () => {
  const known = parse(readFileSync('test/mutants/planted.yaml', 'utf8')) as { path: string; find: string }[];
  const places = known.map(({ path, find }) => [find, readFileSync(path, 'utf8').split(find).length - 1]);
  expect(places).toEqual(known.map(({ find }) => [find, 1]));
});

describe('mutants of TypeScript', () => {
  it.each([
    ['a = b - c;', ['a = b + c;', ';']],
    ['const a = b < 3;', ['const a = b <= 3;', 'const a = b >= 3;', 'const a = b < 4;', 'const a = b < 2;']],
    [
      'const a = b && !c;',
      ['const a = b || !c;', 'const a = (b);', 'const a = (!c);', 'const a = b && (c);'],
    ],
    ['const a = b ?? c;', ['const a = (b);', 'const a = (c);']],
    ['if (a) b();', ['if (true) b();', 'if (false) b();', 'if (a) ;']],
    ['const a = b ? c : d;', ['const a = (c);', 'const a = (d);']],
    ['const a = [b, c];', ['const a = [c, b];', 'const a = [b];']],
    ['const a = { b, c: d };', ['const a = { c: d };', 'const a = { b };']],
    ['const a = Math.min(b);', ['const a = Math.max(b);']],
    ['const a = b.slice(c, d);', ['const a = b.slice((c) + 1, d);', 'const a = b.slice(c, (d) - 1);']],
    ['const a = b[i];', ['const a = b[(i) + 1];']],
    ['const a = /^b$/i;', ['const a = /b$/i;', 'const a = /^b/i;', 'const a = /^b$/;']],
    ['f(width); g(height);', ['f(height); g(height);', 'f(width); g(width);']],
  ])('%s', (source, expected) => {
    expect(typescript(source)).toEqual(expect.arrayContaining(expected));
  });

  it.each([
    'type A = 1 | 2; interface B { readonly c: true }',
    "import { a } from './a.js';",
    'const a: readonly [1, 2] = b;',
    `const a = \`\${b} + \${c}\`;`,
    `const a = new RangeError(\`\${1 + 2}\`);`,
    'console.log(a - b);',
  ])('none of %s', (source) => expect(typescript(source)).toEqual([]));
});

describe('mutants of WGSL', () => {
  it('change code, not comments, bindings or sizes', () => {
    const source = `// a + b
@group(0) @binding(1) var<storage> x: array<f32, 4>;
  let i = a + 2u;
  if (i < n) { y[i] = min(p.x, -q); }`;
    expect(
      applied(source, mutantsOfWgsl('x.wgsl', source)).map((text) => text.split('\n').slice(2).join()),
    ).toEqual([
      '  let i = a - 2u;,  if (i < n) { y[i] = min(p.x, -q); }',
      '  let i = a + 3u;,  if (i < n) { y[i] = min(p.x, -q); }',
      '  let i = a + 2u;,  if (i <= n) { y[i] = min(p.x, -q); }',
      '  let i = a + 2u;,  if (i < n) { y[i + 1] = min(p.x, -q); }',
      '  let i = a + 2u;,  if (i < n) { y[i] = max(p.x, -q); }',
      '  let i = a + 2u;,  if (i < n) { y[i] = min(p.y, -q); }',
      '  let i = a + 2u;,  if (i < n) { y[i] = min(p.x, q); }',
    ]);
  });
});

describe('a sample', () => {
  const file = (name: string, lines: number) => ({
    ...{ file: name, lines },
    mutants: Array.from({ length: 100 }, (_, i) => ({ file: name, key: String(i) })),
  });
  const files = [file('a', 30), file('b', 10), file('c', 1)];

  it('takes from each file by its lines, at least one, and depends on the seed alone', () => {
    const drawn = sampleOf(files, 40, 7);
    const count = (name: string) => drawn.filter((mutant: { file: string }) => mutant.file === name).length;
    expect([count('a'), count('b'), count('c')]).toEqual([29, 10, 1]);
    expect(sampleOf(files, 40, 7)).toEqual(drawn);
    expect(sampleOf(files, 40, 8)).not.toEqual(drawn);
  });
});

describe('test files that reach a source', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const files = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).trim().split('\n');
  const testsOf = reach(root, files);

  it.each([
    ['src/data/augment.ts', 'test/data/augment.test.ts', 'by an import'],
    ['shaders/elu.wgsl', 'test/ops/kernels.test.ts', 'by the name of a shader'],
    ['src/cli/main.ts', 'test/cli/cli.test.ts', 'by a program that is started'],
    ['src/vision/worker.ts', 'test/vision/command.test.ts', 'by a process that the program starts'],
  ])('%s: %s, %s', (source, test) => expect(testsOf(source)).toContain(test));

  it('of equally near ones those first that reach less', () => {
    const folder = newFolder();
    const write = (file: string, text: string): string => {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
      return file;
    };
    const own = [
      write('src/data/a.ts', ''),
      write('src/data/b.ts', ''),
      write('test/data/all.test.ts', "import '../../src/data/a.js';\nimport '../../src/data/b.js';\n"),
      write('test/data/one.test.ts', "import '../../src/data/a.js';\n"),
    ];
    expect(reach(folder, own)('src/data/a.ts')).toEqual(['test/data/one.test.ts', 'test/data/all.test.ts']);
  });

  it('the nearest first, and not those that do not', () => {
    expect(testsOf('src/data/augment.ts')[0]).toBe('test/data/augment.test.ts');
    expect(testsOf('src/data/augment.ts')).not.toContain('test/formats/tensorboard.test.ts');
  });
});
