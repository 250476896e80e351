import { describe, expect, it } from 'vitest';
import { packParams } from '../../src/gpu/kernel.js';
import {
  addShader,
  fillConstants,
  shaderLesson,
  shaderSource,
  shaderTable,
  sourceLocation,
} from '../../src/gpu/shader.js';

describe('the text of a shader', () => {
  it('has every place of a constant filled', () => {
    expect(fillConstants('x', '{{A}} {{B_2}} {{A}} {A}', { A: 3, B_2: 'f32' })).toBe('3 f32 3 {A}');
    expect(fillConstants('x', 'a{{ZERO}}b', { ZERO: 0 })).toBe('a0b');
    expect(fillConstants('x', 'plain', {})).toBe('plain');
  });

  it('of a file that is not there is an error with its path', () => {
    expect(() => shaderSource('none_such')).toThrow(/shader "none_such": cannot read .*none_such\.wgsl/);
  });

  it('may come from outside, under a name that is free', () => {
    addShader('from_outside', '// Mine.\nfn forward() {}');
    expect(shaderSource('from_outside')).toBe('// Mine.\nfn forward() {}');
    expect(() => addShader('from_outside', '')).toThrow('shader "from_outside" exists already');
    expect(() => addShader('elu', '')).toThrow('shader "elu" exists already; choose another name');
  });

  it('locates a line in the shader, or in the part that it comes from', () => {
    const lines = ['own 1', 'own 2', '// parts/one', 'one 1', 'one 2', '// parts/two', 'two 1'];
    const at = (line: number) => sourceLocation('name', lines, line);
    expect([1, 2, 4, 5, 7].map(at)).toEqual([
      'shaders/name.wgsl:1',
      'shaders/name.wgsl:2',
      'shaders/parts/one.wgsl:1',
      'shaders/parts/one.wgsl:2',
      'shaders/parts/two.wgsl:1',
    ]);
  });

  it('opens with its lesson, whose first sentence is in the table', () => {
    const source = shaderSource('softmax').split('\n');
    const lesson = shaderLesson('softmax').split('\n');
    const end = source.findIndex((line) => !line.startsWith('//'));
    expect(lesson).toEqual(source.slice(0, end).map((line) => line.slice(2).replace(' ', '')));
    const [head, rule, row] = shaderTable(['softmax']).split('\n');
    expect([head, rule]).toEqual(['| file | what it does |', '|---|---|']);
    expect(row).toMatch(/^\| `softmax` \| [^|]*[^.:] \|$/);
  });
});

describe('params', () => {
  const kernel = (params: Record<string, 'u32' | 'f32'>) => ({
    ...{ name: 'a.b', shader: 'a', entry: 'b', reads: [], writes: [], params },
  });

  it('lie in order of declaration, little-endian, padded to 16 bytes', () => {
    const bytes = packParams(kernel({ n: 'u32', rate: 'f32', big: 'u32' }), {
      big: 2 ** 32 - 1,
      rate: -0.5,
      n: 7,
    });
    expect(bytes.byteLength).toBe(16);
    const view = new DataView(bytes);
    expect([view.getUint32(0, true), view.getFloat32(4, true), view.getUint32(8, true)]).toEqual([
      7,
      -0.5,
      2 ** 32 - 1,
    ]);
    const five = { a: 'u32', b: 'u32', c: 'u32', d: 'u32', e: 'u32' } as const;
    expect(packParams(kernel(five), { a: 1, b: 1, c: 1, d: 1, e: 1 }).byteLength).toBe(32);
  });

  it('are all given, and of their type', () => {
    const pack = (n: number) => packParams(kernel({ n: 'u32' }), { n });
    expect(() => packParams(kernel({ n: 'u32' }), {})).toThrow('kernel a.b: param n was not given');
    expect(pack(0).byteLength).toBe(16);
    for (const n of [-1, 1.5, Number.NaN]) expect(() => pack(n)).toThrow(`param n is u32, got ${n}`);
  });
});
