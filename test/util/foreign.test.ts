import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DataError, EXIT, type FerError, RunError, UsageError } from '../../src/util/errors.js';
import { foreignError, foreignJson, isMapping, readForeignJson } from '../../src/util/foreign.js';
import { foreignYaml } from '../../src/util/foreign_yaml.js';

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('content that anybody may have written', () => {
  it('is parsed as JSON, and refused with its place', () => {
    expect(foreignJson('{"constructor": [1, null]}', 'f: it')).toEqual({ constructor: [1, null] });
    expect(() => foreignJson('{', 'f: its header')).toThrow(/^f: its header is not JSON$/);
    expect(() => foreignJson('', 'f: it')).toThrow(RunError);
    expect(foreignJson('\uFEFF{"a": "\uFEFF"}', 'f: it')).toEqual({ a: '\uFEFF' }); // a byte order mark only in front
  });

  it('is a mapping of names to values, or refused with what was expected', () => {
    const folder = mkdtempSync(join(tmpdir(), 'fer-tui-foreign-'));
    const file = join(folder, 'f.json');
    const read = (text: string) => {
      writeFileSync(file, text);
      return readForeignJson(file, 'its notes');
    };
    expect(read('{"a": 1}')).toEqual({ a: 1 });
    for (const text of ['[1]', 'null', '7', '"a"'])
      expect(() => read(text), text).toThrow(new RunError(`${file}: damaged: expected its notes`));
    expect(() => read('{')).toThrow(`${file}: damaged: expected its notes, but it is not JSON`);
    expect(() => readForeignJson(folder, 'its notes')).toThrow(
      `${folder}: cannot be read (it is a folder); expected its notes`,
    );
    expect([isMapping({}), isMapping(new Map()), isMapping([]), isMapping(null), isMapping('a')]).toEqual([
      ...[true, true, false, false, false],
    ]);
  });

  it('is not nested too deeply', () => {
    expect(foreignJson(nested(100), 'f: it')).toBeDefined();
    for (const depth of [101, 100_000]) {
      expect(() => foreignJson(nested(depth), 'f: it')).toThrow(
        'more than 100 lists and objects in one another',
      );
    }
    expect(() => foreignYaml(nested(101))).toThrow('more than 100 lists and objects in one another');
    expect(() => foreignYaml(nested(50_000))).toThrow(/^more than 100 lists and objects in one another$/);
  });

  it('is one document, and is not quoted at length', () => {
    expect(() => foreignYaml('a: 1\n---\na: 2\n')).toThrow(
      'it has several documents, divided by ---; expected one',
    );
    const { message } = new RunError(`config file c: "${'k'.repeat(100_000)}" is no setting`);
    expect(message.length).toBeLessThan(4000);
    expect(message).toMatch(/^config file c: "k+ \.\.\. k+" is no setting$/);
  });

  it('has no infinite numbers', () => {
    expect(() => foreignJson('{"a": [1e400]}', 'f: it')).toThrow('(a number that is Infinity)');
    for (const number of ['-1e400', '.inf', '.nan'])
      expect(() => foreignYaml(`a: ${number}`)).toThrow('a number that is');
  });

  it('has no names that change objects', () => {
    for (const text of ['{"__proto__": {"a": 1}}', '[{"a": {"__proto__": 1}}]']) {
      expect(() => foreignJson(text, 'f: it')).toThrow(
        'f: it is not as any program writes it (a name __proto__)',
      );
      expect(() => foreignYaml(text)).toThrow('a name __proto__');
    }
  });

  it('repeats no part of itself endlessly, and is not longer than any file of settings', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 9; i++)
      lines.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      );
    expect(() => foreignYaml(lines.join('\n'))).toThrow('Excessive alias count');
    expect(() => foreignYaml('a: 1\n'.repeat(50_000))).toThrow(
      'it has 250,000 characters; expected at most 200,000',
    );
    expect(foreignYaml(`a: ${'x'.repeat(199_997)}`)).toEqual({ a: 'x'.repeat(199_997) });
    expect(foreignYaml('a: [1, x]')).toEqual({ a: [1, 'x'] });
  });

  it('makes readers throw errors for people, whatever they did not foresee', () => {
    const mine = new DataError('mine');
    expect(foreignError(mine, 'f')).toBe(mine);
    const ofNetwork = foreignError(new UsageError('layer names are unique'), 'f.h5');
    expect(ofNetwork).toMatchObject({ message: 'f.h5: layer names are unique', exitCode: EXIT.run });
    expect((ofNetwork as Error).cause).toBeInstanceOf(UsageError);
    const named = new UsageError('f.h5: layer names are unique');
    expect(foreignError(named, 'f.h5')).toBe(named);
    const mineOfRun = new RunError('mine');
    expect(foreignError(mineOfRun, 'f')).toBe(mineOfRun);
    const system = Object.assign(new Error('ENOENT'), { syscall: 'open' });
    const ofClasses = new UsageError('classes a,b: 2 names for 7 classes'); // of data: what the user gave is wrong, not the file
    expect(foreignError(ofClasses, 'data', DataError)).toBe(ofClasses);
    expect(foreignError(system, 'f')).toBe(system);
    const made = foreignError(new TypeError('x is undefined'), 'f');
    expect(made).toMatchObject({ exitCode: EXIT.run });
    expect((made as FerError).message).toBe(
      'f: damaged, or not as any program writes it (x is undefined); take another copy of the file',
    );
    expect((made as Error).cause).toBeInstanceOf(TypeError);
    expect(foreignError('odd', 'f', DataError)).toMatchObject({
      message: expect.stringContaining('(odd)'),
      exitCode: EXIT.data,
    });
  });
});
