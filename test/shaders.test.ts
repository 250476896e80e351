import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import '../src/check/kernel_checks.js';
import { type Kernel, kernels } from '../src/gpu/kernel.js';
import { shaderLesson, shaderSource, shaderTable, sourceLocation } from '../src/gpu/shader.js';
import { formulaLines, functionsFrom } from '../src/gpu/shader_formula.js';

const folder = new URL('../shaders/', import.meta.url);
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.wgsl'))
  .map((file) => file.replace('.wgsl', ''));

/** All module-scope bindings of a shader: name, number, how it may be used, its type. */
function bindingsOf(source: string) {
  const pattern = /@binding\((\d+)\) var<(storage, read|storage, read_write|uniform)> (\w+): ([\w<>]+)/g;
  return [...source.matchAll(pattern)].map(([, number, access, name, type]) => ({
    number: Number(number),
    access: String(access),
    name: String(name),
    type: String(type),
  }));
}

/** The bindings that an entry point uses, itself or through functions that it calls. */
function bindingsUsedBy(kernel: Kernel) {
  const source = shaderSource(kernel.shader);
  const text = functionsFrom(source, kernel.entry)
    .flatMap(({ lines }) => lines)
    .join('\n');
  return bindingsOf(source)
    .filter(({ name }) => new RegExp(`(?<![.\\w])${name}\\b`).test(text))
    .sort((a, b) => a.number - b.number);
}

function structFields(source: string, type: string): [string, string][] {
  const body = new RegExp(`struct ${type} \\{([^}]*)\\}`).exec(source)?.[1] ?? '';
  return [...body.matchAll(/(\w+): (\w+)/g)].map(([, name, kind]) => [String(name), String(kind)]);
}

it('shaders/README.md lists every file; "npm run docs" writes the list', () => {
  expect(readFileSync(new URL('README.md', folder), 'utf8')).toContain(shaderTable(names.toSorted()));
});

describe.each(names)('shaders/%s.wgsl', (name) => {
  it('opens with a lesson', () => {
    expect(shaderLesson(name).split('\n').length).toBeGreaterThanOrEqual(4);
  });

  it('has a host side', () => {
    expect([...kernels.values()].some((kernel) => kernel.shader === name)).toBe(true);
  });
});

it.each(names)('shaders/%s.wgsl gives every variable a first value', (name) => {
  expect(shaderSource(name).match(/^ +var \w+ ?:[^=;]*;/gm)).toBeNull();
});

describe.each([...kernels.values()])('kernel $name', (kernel) => {
  it('binds what its entry point uses, in the declared order and access', () => {
    const used = bindingsUsedBy(kernel);
    const expected = [
      ...kernel.reads.map(() => 'storage, read'),
      ...kernel.writes.map(() => 'storage, read_write'),
      'uniform',
    ];
    expect(used.map(({ number }) => number)).toEqual(expected.map((_, i) => i));
    expect(used.map(({ access }) => access)).toEqual(expected);
  });

  it('computes its formula in lines that are marked', () => {
    const lines = formulaLines(shaderSource(kernel.shader), kernel.entry);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThan(8);
  });

  it('packs its params as the shader lays them out', () => {
    const type = bindingsUsedBy(kernel).at(-1)?.type ?? '';
    expect(structFields(shaderSource(kernel.shader), type)).toEqual(Object.entries(kernel.params));
  });
});

describe.each(readdirSync(new URL('parts/', folder)))('shaders/parts/%s', (file) => {
  const part = file.replace('.wgsl', '');
  const text = readFileSync(new URL(`parts/${file}`, folder), 'utf8');
  const users = names.filter((name) => shaderSource(name).includes(`// parts/${part}\n${text}`));

  it('is shared', () => {
    expect(users.length).toBeGreaterThan(1);
  });

  it('is named where an error in it is told', () => {
    const user = users[0] ?? '';
    const lines = shaderSource(user).split('\n');
    const own = text.split('\n').findIndex((line) => line.startsWith('fn '));
    const line = lines.indexOf(text.split('\n')[own] ?? '', lines.indexOf(`// parts/${part}`));
    expect(sourceLocation(user, lines, line + 1)).toBe(`shaders/parts/${file}:${own + 1}`);
    expect(sourceLocation(user, lines, 1)).toBe(`shaders/${user}.wgsl:1`);
  });
});

it('struct Step reads the same in every shader that has one', () => {
  const texts = names
    .map((name) => /struct Step \{[^}]*\}/.exec(shaderSource(name))?.[0])
    .filter((text) => text !== undefined);
  expect(texts.length).toBeGreaterThan(3);
  expect(new Set(texts).size).toBe(1);
});
