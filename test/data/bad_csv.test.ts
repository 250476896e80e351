import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { loadDataset } from '../../src/data/load.js';
import { csv, expectDataError, loadFile, pixels } from './fixtures.js';

const NO_CACHE = { cacheDir: false } as const;

describe('a bad CSV file', () => {
  const short = pixels().split(' ').slice(1).join(' ');
  const cases: [string, string, string[]][] = [
    [
      '2,303 pixels',
      csv([
        [0, 'Training'],
        [0, 'Training', short],
      ]),
      [':3:', '2,303 pixels', 'expected 2,304'],
    ],
    ['2,305 pixels', csv([[0, 'Training', `${pixels()} 1`]]), [':2:', '2,305 pixels', 'expected 2,304']],
    ['pixel 256', csv([[0, 'Training', pixels(256)]]), [':2:', 'pixel 1 is 256', '0 to 255']],
    ['pixel abc', csv([[0, 'Training', `1 abc ${short}`]]), [':2:', 'pixel 2 reads "abc"', 'whole numbers']],
    ['pixel -1', csv([[0, 'Training', `-1 ${short}`]]), [':2:', 'pixel 1 reads "-1"']],
    ['pixel 1.5', csv([[0, 'Training', `1.5 ${short}`]]), [':2:', 'pixel 1 reads "1.5"']],
    ['label 9', csv([[9, 'Training']]), [':2:', 'emotion "9"', '0 (Angry) to 6 (Neutral)']],
    ['label 7', csv([[7, 'Training']]), [':2:', 'emotion "7"']],
    ['no label', csv([['', 'Training']]), [':2:', 'emotion ""']],
    [
      'unknown Usage',
      csv([[0, 'Holiday']]),
      [':2:', 'Usage "Holiday"', 'Training, PublicTest or PrivateTest'],
    ],
    ['Usage constructor', csv([[0, 'constructor']]), [':2:', 'Usage "constructor"']],
    ['label 12', csv([['12', 'Training']]), [':2:', 'emotion "12"']],
    [
      'a word among numbers',
      csv([
        [1, 'Training'],
        ['a mood that goes on and on', 'Training'],
      ]),
      [':3:', 'emotion "a mood that goes on "'],
    ],
    ['pixel 99999999', csv([[0, 'Training', `0 99999999 ${short}`]]), [':2:', 'pixel 2 is 9999', '0 to 255']],
    [
      'a long word',
      csv([[0, 'Training', `0 1 abcdefghijklmnop ${short}`]]),
      [':2:', 'pixel 3 reads "abcdefghijkl"'],
    ],
    ['a word at the end', csv([[0, 'Training', `${short} 1x`]]), [':2:', 'pixel 2304 reads "1x"']],
    ['a lone quote', csv([[0, 'Training', '"']]), [':2:', 'pixel 1 reads """']],
    ['no pixels', csv([[0, 'Training', '""']]), [':2:', ': 0 pixels']],
    ['too few columns', 'emotion,pixels,Usage\n1,2 3\n', [':2:', '2 columns', 'expected 3']],
  ];
  it.each(cases)('%s: names file and line, what is expected, what to do', async (_, text, parts) => {
    await expectDataError(loadFile(text), 'fer2013.csv', ...parts, '--skip-bad');
  });

  it.each(cases)('%s: left out and counted on request', async (_, text) => {
    const data = await loadFile(`${text}3,${pixels()},PublicTest\n`, 'fer2013.csv', true);
    expect(data.skipped).toBe(1);
    expect(data.bad).toHaveLength(1);
    expect(data.bad[0]).toMatch(/fer2013\.csv:[23]: .*expected/);
    expect(data.bad[0]).not.toContain('--skip-bad');
    expect([...data.splits.validation.labels]).toEqual([3]);
  });

  it('cut off in a row', async () => {
    const text = csv([
      [0, 'Training'],
      [1, 'Training'],
    ]);
    await expectDataError(
      loadFile(text.slice(0, -500)),
      'fer2013.csv:3:',
      'cut off',
      'download the file again',
    );
    await expectDataError(loadFile(text.slice(0, -6)), 'fer2013.csv:3:', 'cut off');
    const other = `emotion, Usage, pixels\n0, Training, ${pixels()}`;
    await expectDataError(loadFile(other.slice(0, -500)), ':2:', 'pixels; expected 2,304', 'cut off');
  });

  it.each([false, true])('has a structure error, with --skip-bad too (%s)', async (skipBad) => {
    const text = csv([
      [0, 'Training'],
      [1, 'Training'],
    ]);
    const gz = gzipSync(text);
    await expectDataError(loadFile('', 'fer2013.csv', skipBad), 'fer2013.csv', 'empty', 'header', 'download');
    await expectDataError(
      loadFile('emotion,pixels,Usage\n', 'fer2013.csv', skipBad),
      'no row after the header',
    );
    await expectDataError(
      loadFile('emotion,Usage\n0,x\n', 'fer2013.csv', skipBad),
      ':1:',
      'no column "pixels"',
    );
    await expectDataError(
      loadFile(`emotion,pixels,emotion\n0,${pixels()},1\n`, 'fer2013.csv', skipBad),
      ':1: there are two columns "emotion"',
    );
    await expectDataError(loadFile('x'.repeat(200_000), 'fer2013.csv', skipBad), ':1:', 'is this FER-2013?');
    await expectDataError(
      loadFile(gz.subarray(0, gz.length - 20), 'fer2013.csv.gz', skipBad),
      '.gz',
      'cut off or damaged',
    );
  });

  it('says "cut off" of the last row alone, and only where the file ends inside of it', async () => {
    const bad = csv([[9, 'Training']]);
    await expect(loadFile(bad)).rejects.toThrow(/^((?!cut off).)*$/s);
    await expect(loadFile(bad.trimEnd())).rejects.toThrow('the file ends inside this row');
    await expect(loadFile(`${bad}${csv([[0, 'Training']]).slice(21, -400)}`)).rejects.toThrow(
      /^((?!cut off).)*$/s,
    );
  });

  it('has rows that end nowhere: the first of more than 64 kB is named by its line', async () => {
    const header = 'emotion,pixels,Usage\n';
    await expectDataError(
      loadFile(`${header}${'1'.repeat(65_537)}`),
      ':2: a row of over 65536 bytes',
      'is this FER-2013?',
    );
    await expectDataError(loadFile(`${header}${'1'.repeat(65_536)}`), ':2: the row has 1 columns');
  });

  it('remembers why of the first thousand bad rows, and counts all', async () => {
    const rows = Array.from({ length: 1002 }, () => '9,0,Training\n').join('');
    const { skipped, bad } = await loadFile(`${csv([[3, 'PublicTest']])}${rows}`, 'fer2013.csv', true);
    expect([skipped, bad.length]).toEqual([1002, 1000]);
    expect(bad[0]).toContain(':3: emotion "9"');
    expect(bad[999]).toContain(':1002: ');
  });

  it('has no good row', async () => {
    await expectDataError(loadFile(csv([[9, 'Training']]), 'fer2013.csv', true), 'no good row among 1');
  });

  it('is missing or of another kind', async () => {
    await expectDataError(
      loadDataset('/nowhere/fer2013.csv', NO_CACHE),
      '/nowhere/fer2013.csv',
      'no such file',
      'check',
    );
    for (const name of ['face.jpg', 'data.tar', 'data.7z', 'archive.zip']) {
      await expectDataError(loadFile('no table', name), `${name}:1: no column "emotion"`, 'found "no table"');
    }
  });
});
