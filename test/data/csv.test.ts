import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { SEVEN_NAMING } from '../../src/data/class_names.js';
import { csvTexts, encodingOf } from '../../src/data/csv_dialect.js';
import { parseFer2013Csv } from '../../src/data/fer2013_csv.js';
import { loadDataset } from '../../src/data/load.js';
import { limitSplit } from '../../src/data/rows.js';
import { SplitBuilder } from '../../src/data/split_builder.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { csvLine } from '../../src/util/csv.js';
import { DataError } from '../../src/util/errors.js';
import { csv, expectDataError, folderWith, loadFile, PIXELS, pixels } from './fixtures.js';

const NO_CACHE = { cacheDir: false } as const;

describe('the CSV files of FER-2013', () => {
  it('maps the label order of the CSV to that of this project', async () => {
    const names = ['Angry', 'Disgust', 'Fear', 'Happy', 'Sad', 'Surprise', 'Neutral'];
    const { splits } = await loadFile(csv(names.map((_, i) => [i, 'PublicTest'])));
    expect([...splits.validation.labels].map((label) => CLASS_NAMES[label])).toEqual(names);
  });

  it('reads fer2013.csv: splits, pixels, Windows line ends, no last line end', async () => {
    const text = csv([
      [0, 'Training', pixels(7)],
      [6, 'PrivateTest', pixels(9)],
      [3, 'PublicTest', pixels(255)],
    ]);
    const data = await loadFile(`\uFEFF${text.trimEnd().replaceAll('\n', '\r\n')}`);
    const { train, validation, test } = data.splits;
    expect([[...train.labels], [...validation.labels], [...test.labels]]).toEqual([[0], [3], [4]]);
    expect([train.images[0], validation.images[0], test.images[0]]).toEqual([7, 255, 9]);
    expect([train.images[255], train.images[256], train.images.length]).toEqual([255, 0, PIXELS]);
    expect(data).toMatchObject({ height: 48, width: 48, channels: 1, skipped: 0, name: 'FER-2013' });
  });

  it('reads rows of which none is Angry', async () => {
    const { splits } = await loadFile(csv([1, 2, 3, 4, 5, 6].map((label) => [label, 'Training'])));
    expect([...splits.train.labels]).toEqual([1, 2, 3, 5, 6, 4]);
  });

  it('reads icml_face_data.csv: other columns, stray spaces, quotes', async () => {
    const rows = `4, Training, ${pixels(1)}\n"5","PublicTest","${pixels(2)}"\n`;
    const { splits } = await loadFile(`emotion, Usage, pixels\n${rows}`, 'icml_face_data.csv');
    expect([splits.train.labels[0], splits.train.images[0]]).toEqual([5, 1]);
    expect([splits.validation.labels[0], splits.validation.images[0]]).toEqual([6, 2]);
  });

  it('reads .csv.gz and zip files, whatever they are called, and the folder that holds one', async () => {
    const text = csv([[3, 'PublicTest', pixels(42)]]);
    const zip = zipSync({ 'fer2013/fer2013.csv': Buffer.from(text), '__MACOSX/._x.jpg': new Uint8Array(3) });
    for (const [name, content] of [
      ['fer2013.csv.gz', gzipSync(text)],
      ['fer2013.csv', gzipSync(text)],
      ['fer2013.csv.gz', text],
      ['archive.zip', zip],
    ] as const) {
      const root = folderWith({ [name]: content });
      for (const path of [root, join(root, name)]) {
        const { splits } = await loadDataset(path, NO_CACHE);
        expect([splits.validation.labels[0], splits.validation.images[0]]).toEqual([3, 42]);
      }
    }
  });

  it('reports progress in bytes of the file, up to the last', async () => {
    const text = csv([[3, 'PublicTest']]);
    const zipped = zipSync({ 'fer2013.csv': Buffer.from(text) });
    for (const [name, content, total] of [
      ['fer2013.csv', text, text.length],
      ['fer2013.csv.gz', gzipSync(text), gzipSync(text).length],
      ['archive.zip', zipped, text.length],
    ] as const) {
      const seen: { done: number; total: number; unit: string }[] = [];
      await loadDataset(join(folderWith({ [name]: content }), name), {
        ...{ ...NO_CACHE, onProgress: (progress) => seen.push(progress) },
      });
      expect(seen.at(-1), name).toEqual({ unit: 'bytes', done: total, total });
    }
  });

  it('are the same however their bytes are cut', async () => {
    const text = Buffer.from(
      csv([
        [2, 'Training', pixels(5)],
        [4, 'PublicTest', pixels(6)],
        [1, 'Training', pixels(7)],
      ]),
    );
    const parse = async (size: number) => {
      async function* chunks(): AsyncIterable<Uint8Array> {
        for (let at = 0; at < text.length; at += size) yield text.subarray(at, at + size);
      }
      return parseFer2013Csv(chunks(), 'x.csv', { skipBad: false });
    };
    const whole = await parse(text.length);
    expect([...whole.splits.train.labels]).toEqual([2, 1]);
    for (const size of [13, 1000, 8000, 16_001]) {
      expect(await parse(size)).toEqual(whole);
    }
  });

  it('may have empty lines, other columns, several spaces and zeros in front', async () => {
    const row = `${'0'.repeat(3)}9  8 ${pixels().split(' ').slice(2).join(' ')} `;
    const { splits } = await loadFile(
      `id,Usage,Pixels,EMOTION,more\n\n1,publictest, ${row},3,x\r\n\r\n2,"TRAINING",${pixels(4)},0,y\n`,
    );
    expect([...splits.validation.labels, ...splits.train.labels]).toEqual([3, 0]);
    expect([...splits.validation.images.subarray(0, 3), splits.train.images[0]]).toEqual([9, 8, 2, 4]);
  });

  it.each([
    ['lines that end as on old Macs', (text: string) => text.replaceAll('\n', '\r')],
    ['pixels as pandas writes floats', (text: string) => text.replaceAll(/(?<=\d)(?= \d|,[TP])/g, '.0')],
    ['pixels as numpy writes floats', (text: string) => text.replaceAll(/(?<=\d)(?= \d|,[TP])/g, '.')],
    [
      'arrays that numpy prints over several lines',
      (text: string) =>
        text.replaceAll(/,(\d[\d ]{2000,}),/g, (_, all: string) => {
          let n = 0;
          return `,"[[${all.replaceAll(' ', () => (++n % 48 === 0 ? ']\n [' : ' '))}]]",`;
        }),
    ],
  ])('may have %s', async (_, written) => {
    const rows = [
      [2, 'Training', pixels(5)],
      [4, 'PublicTest', pixels(6)],
      [1, 'Training', pixels(7)],
    ] as const;
    const plain = csv(rows.map((row) => [...row]));
    const text = Buffer.from(written(plain));
    expect(text.toString()).not.toBe(plain);
    const { splits } = await loadFile(plain);
    for (const size of [7, 1000, 30_000]) {
      async function* chunks(): AsyncIterable<Uint8Array> {
        for (let at = 0; at < text.length; at += size) yield text.subarray(at, at + size);
      }
      const got = await parseFer2013Csv(chunks(), 'x.csv', { skipBad: false });
      expect(got.splits).toEqual(splits);
    }
    const bad = written(
      csv([...rows.map((row) => [...row] as [number, string, string]), [9, 'Training', pixels()]]),
    );
    const lines = bad.trimEnd().split(/[\r\n]/);
    const at = lines.findLastIndex((line) => line.startsWith('9')) + 1;
    await expectDataError(loadFile(bad), `fer2013.csv:${at}: emotion "9"`);
  });

  it('lose no row to one whose array does not end', async () => {
    const open = `3,"[${pixels()},Training\n`;
    const { splits, skipped } = await loadFile(
      `${csv([[2, 'Training']])}${open}4,"[${pixels()}]",Training\n`,
      undefined,
      true,
    );
    expect([[...splits.train.labels], skipped]).toEqual([[2, 5], 1]);
  });

  it('may have many empty lines, which count: messages name the line', async () => {
    const lines = '\n\r\n\n'.repeat(1000);
    const good = await loadFile(`${lines}emotion,pixels,Usage${lines}3,${pixels()},Training\n${lines}`);
    expect([...good.splits.train.labels]).toEqual([3]);
    const bad = loadFile(`${lines}emotion,pixels,Usage\n${lines}9,${pixels()},Training\n`);
    await expectDataError(bad, 'fer2013.csv:6002: emotion "9"');
  });

  it('may have a stray carriage return before a row; a row of one letter is none that is empty', async () => {
    const { splits } = await loadFile(`emotion,pixels,Usage\n\r3,${pixels()},Training\n`);
    expect([...splits.train.labels]).toEqual([3]);
    for (const end of ['\n', ''])
      await expectDataError(
        loadFile(`${csv([[3, 'Training']])}x${end}`),
        'fer2013.csv:3: the row has 1 columns',
      );
  });

  it('are not unpacked without end', async () => {
    const bomb = gzipSync(Buffer.alloc(70e6, '\n'));
    const done: number[] = [];
    const path = join(folderWith({ 'fer2013.csv.gz': bomb }), 'fer2013.csv.gz');
    await expectDataError(
      loadDataset(path, { ...NO_CACHE, onProgress: (progress) => done.push(progress.done) }),
      'it unpacks to more than 64 MB, from 0.1 MB: no real data packs so well; unpack it, and look at it',
    );
    expect(done.length).toBeGreaterThan(50); // one for each megabyte that comes out
    const stop = new DataError('stopped');
    const onProgress = (): never => {
      throw stop;
    };
    await expect(loadDataset(path, { ...NO_CACHE, onProgress })).rejects.toBe(stop);
  });

  const row = (i: number, usage: string): string => `${i},${pixels(i)},${usage}`;
  const rows = [row(3, 'Training'), row(5, 'PublicTest')];
  const header = 'emotion,pixels,Usage';
  const quoted = (line: string): string => line.replaceAll(/[^,]+/g, '"$&"');
  const utf16 = (text: string): Buffer => Buffer.from(`\uFEFF${text}`, 'utf16le');
  it.each([
    ['quotes around all fields, as R and pandas write them', [header, ...rows].map(quoted).join('\n')],
    ['semicolons', [header, ...rows].join('\n').replaceAll(',', ';')],
    ['tabs', [header, ...rows].join('\n').replaceAll(',', '\t')],
    [
      'a header that begins like a comment further on',
      [`#${header}`, ...rows].join('\n').replace('#', '"id#",').replaceAll(/^(\d)/gm, 'x,$1'),
    ],
    ['UTF-16, little endian', utf16([header, ...rows].join('\r\n'))],
    ['UTF-16, big endian', utf16([header, ...rows].join('\n')).swap16()],
    [
      'lists of pixels in brackets, in any column',
      ['"Usage";"note";"pixels";"emotion"']
        .concat(
          [3, 5].map(
            (i) => `${i === 3 ? 'train' : 'val'};"a ""b"", c";"[${pixels(i).replaceAll(' ', ', ')}]";${i}`,
          ),
        )
        .join('\n'),
    ],
    [
      'pixels with commas between, in quotes',
      [
        header,
        ...[3, 5].map((i) => `${i},"${pixels(i).replaceAll(' ', ',')}",${i === 3 ? 'Train' : 'DEV'}`),
      ].join('\n'),
    ],
  ])('may have %s', async (_, content) => {
    const { splits } = await loadFile(content);
    const { train, validation } = splits;
    expect([train, validation].map(({ labels }) => [...labels])).toEqual([[3], [6]]);
    expect([train, validation].map(({ images }) => [images[0], images[255]])).toEqual([
      [3, 255],
      [5, 255],
    ]);
  });

  it('have the words for splits that other data sets use, in any case', async () => {
    const words = { train: ['train', 'TRAINING'], validation: ['val', 'Validation', 'valid', 'dev', 'eval'] };
    const text = Object.values(words)
      .flat()
      .concat('Test', 'testing')
      .map((word) => row(3, word));
    const { splits } = await loadFile([header, ...text].join('\n'));
    expect(Object.values(splits).map(({ labels }) => labels.length)).toEqual([2, 5, 2]);
  });

  it('are training data without a column Usage, of which a tenth is held out', async () => {
    const faces = Array.from({ length: 20 }, (_, i) => `3,${pixels(i)}`);
    const { splits, name } = await loadFile(['emotion,pixels', ...faces].join('\n'));
    expect(Object.values(splits).map(({ labels }) => labels.length)).toEqual([18, 2, 0]);
    expect(name).toContain('10 % of train held out');
  });

  it('cannot send control characters to the terminal', async () => {
    const text = (emotion: string, usage = 'Training') => `${header}\n${emotion},${pixels(1)},${usage}\n`;
    for (const bad of [
      text('\x1b]0;title\x07'),
      text('3', '\x1b[2J'),
      text('3').replace('emotion', '\x1b[31m'),
    ])
      await expect(loadFile(bad)).rejects.toThrow(/^\P{Cc}*\\x1b\P{Cc}*$/u);
  });

  it('keep every pixel of many rows', async () => {
    const builder = new SplitBuilder();
    for (let i = 0; i < 1100; i++) {
      builder.slot('test').fill(i % 251);
      builder.commit('test', CLASS_NAMES[i % 7] as string);
      if (i % 3 === 0) builder.slot('train').fill(255); // never kept
    }
    expect(builder.rows).toBe(1100);
    const { test, train, validation } = builder.build('n', 's', SEVEN_NAMING).splits;
    expect([test.images.length, train.images.length, validation.labels.length]).toEqual([
      1100 * PIXELS,
      0,
      0,
    ]);
    for (let i = 0; i < 1100; i++) {
      expect([test.labels[i], test.images[i * PIXELS], test.images[(i + 1) * PIXELS - 1]]).toEqual([
        ...[i % 7, i % 251, i % 251],
      ]);
    }
  });

  it.each([
    'sep=|\n',
    '\uFEFFsep=|\n',
    '"sep=|"\r\n',
    '# FER-2013\n\n# of Kaggle\n',
    '',
  ])('may have bars between fields, and before its header %j', async (before) => {
    const { splits } = await loadFile(`${before}emotion|pixels|Usage\n3|${pixels(7)}|Training\n`);
    expect([splits.train.images[0], ...splits.train.labels]).toEqual([7, 3]);
  });

  it('takes the first rows of a split', async () => {
    const { splits } = await loadFile(csv([1, 2, 3].map((label) => [label, 'PublicTest'])));
    expect([...limitSplit(splits.validation, 2).labels]).toEqual([1, 2]);
    expect(limitSplit(splits.validation, 2).images.length).toBe(2 * PIXELS);
    expect(limitSplit(splits.validation, 9).labels.length).toBe(3);
    expect(limitSplit(splits.validation, 2.9).labels.length).toBe(2);
    expect(limitSplit(splits.validation, -1)).toEqual(limitSplit(splits.validation, 0));
    expect(limitSplit(splits.validation, 0).images.length).toBe(0);
  });
});

it.each([
  [
    'utf-16le',
    [
      [0xff, 0xfe],
      [0x61, 0],
    ],
  ],
  [
    'utf-16be',
    [
      [0xfe, 0xff],
      [0, 0x61],
    ],
  ],
  [
    'utf-8',
    [[0xfe, 0x61], [0xff, 0x61], [0x61, 0xff], [0x61, 0x62], [0, 0], [0x80, 0], [0, 0x80], [0x61], []],
  ],
])('%s is told by the first two bytes', (encoding, starts) => {
  for (const bytes of starts) expect(encodingOf(Uint8Array.from(bytes)), bytes.join()).toBe(encoding);
});

it.each([
  [['a', 'b c', 'd, e', 'f "g" h']],
  [['quoted "to, the" comma', 'ends in "', '"', '","', '""', 'a",b', '",', ',"']],
])('names of classes are read as csvLine writes them: %j', (names) => {
  expect(csvTexts(csvLine(names))).toEqual(names);
});
