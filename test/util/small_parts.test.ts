import { mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { camelCase } from '../../src/util/camel_case.js';
import { clamp } from '../../src/util/clamp.js';
import { counted } from '../../src/util/counted.js';
import { csvLine } from '../../src/util/csv.js';
import { inMegabytes } from '../../src/util/megabytes.js';
import { minute } from '../../src/util/minute.js';
import { namesIn } from '../../src/util/names_in.js';
import { printable, printableTexts } from '../../src/util/printable.js';
import { shellWord } from '../../src/util/shell_word.js';
import { systemReason } from '../../src/util/system_reason.js';
import { terminalSize } from '../../src/util/terminal_size.js';

describe('numbers and names', () => {
  it('are counted, clamped, cut to the minute and joined as the code names them', () => {
    expect([0, 1, 2].map((n) => counted(n, 'trial'))).toEqual(['0 trials', '1 trial', '2 trials']);
    expect([-1, 0, 3, 7, 8].map((n) => clamp(n, 0, 7))).toEqual([0, 0, 3, 7, 7]);
    expect(minute('2026-11-28T18:04:59.123Z')).toBe('2026-11-28 18:04');
    expect(['lr', 'label-smoothing', 'a-b-c'].map(camelCase)).toEqual(['lr', 'labelSmoothing', 'aBC']);
    expect([0, 123_456, 9_950_000, 10_400_000, 1.2345e9].map(inMegabytes)).toEqual([
      ...['0 MB', '0.1 MB', '10 MB', '10 MB', '1,235 MB'],
    ]);
    expect(namesIn('/nowhere')).toEqual([]);
    expect(namesIn('test/util')).toContain('small_parts.test.ts');
  });

  it('of a terminal that says nothing, or 0 x 0, are 80 x 24', () => {
    expect(terminalSize({})).toEqual({ cols: 80, rows: 24 });
    expect(terminalSize({ columns: 0, rows: 0 })).toEqual({ cols: 80, rows: 24 });
    expect(terminalSize({ columns: 133, rows: 40 })).toEqual({ cols: 133, rows: 40 });
  });
});

describe('texts', () => {
  it('have no characters that steer a terminal or turn the direction of writing', () => {
    expect(printable('a\x1b[2J\r\n\x07é漢\u009b\u202e\u2028')).toBe(
      'a\\x1b[2J\\x0d\\x0a\\x07é漢\\x9b\\u{202e}\\u{2028}',
    );
    expect(printableTexts({ 'a\x07': ['\x1b', 1, null, { b: '\t' }] })).toEqual({
      'a\\x07': ['\\x1b', 1, null, { b: '\\x09' }],
    });
  });

  it('are words of a shell, in quotes where they have to be', () => {
    for (const word of ['a', 'runs/r1', 'x=1,2', 'me@host:80', '-0.05', '+3%'])
      expect(shellWord(word)).toBe(word);
    expect(['', 'a b', '$HOME', 'a;b', '*', "it's"].map(shellWord)).toEqual([
      ...["''", "'a b'", "'$HOME'", "'a;b'", "'*'", String.raw`'it'\''s'`],
    ]);
  });

  it('are fields of CSV, in quotes where they have to be', () => {
    expect(csvLine(['a', 1, true, null, undefined, ''])).toBe('a,1,true,,,');
    expect(csvLine(['a,b', 'say "x"', 'two\nlines', 'r\r'])).toBe('"a,b","say ""x""","two\nlines","r\r"');
  });

  it('say what the codes of the system mean, and of other errors their first line', () => {
    const told = (code: string): string => systemReason(Object.assign(new Error(`${code}: x`), { code }));
    expect(['ENOENT', 'EISDIR', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'ELOOP'].map(told)).toEqual([
      'there is no such file',
      'it is a folder',
      'a part of its path is no folder',
      'no permission',
      'not permitted',
      'the file system is read-only',
      'the disk is full',
      'its links lead in a circle',
    ]);
    const path = join(mkdtempSync(join(tmpdir(), 'fer-tui-links-')), 'link');
    symlinkSync('missing', path);
    const missing = (which: string) => Object.assign(new Error('x'), { code: 'ENOENT', path: which });
    expect([path, `${path}/x`, '\0'].map((which) => systemReason(missing(which)))).toEqual([
      'the link leads nowhere',
      'there is no such file',
      'there is no such file',
    ]);
    expect(told('ENAMETOOLONG')).toBe('its name is too long');
    expect([told('EOTHER'), systemReason(new Error('one\ntwo')), systemReason('three')]).toEqual([
      ...['EOTHER: x', 'one', 'three'],
    ]);
  });
});
