import { classKey } from '../util/classes.js';
import { DataError } from '../util/errors.js';
import { printable } from '../util/printable.js';
import {
  CSV_NAMES,
  CSV_NAMING,
  classNameOf,
  isNumber,
  listOf,
  type Naming,
  type NamingOptions,
  nameClasses,
} from './class_names.js';
import { type Delimiter, delimiterOf, fieldsOf, inUtf8, withLineFeeds } from './csv_dialect.js';
import { PIXELS, SplitBuilder } from './split_builder.js';
import { SPLIT_WORDS, splitOf } from './split_words.js';
import type { Dataset } from './types.js';

/**
 * Reads FER-2013 from Kaggle's CSV files: `fer2013.csv` (emotion,pixels,Usage) and `icml_face_data.csv`
 * (emotion, Usage, pixels, with spaces), and tables of other classes with these columns. The header says which column is which;
 * other columns may stand between them. The pixels are numbers with spaces or commas between, in brackets or not. Without a column `Usage` all rows are for training.
 */

/** What the user can do about a bad row. */
const WAY_OUT = ': correct the row, download the file again, or leave such rows out with --skip-bad';

/** The longest row that is accepted. A row of FER-2013 has about 8 kB. */
const MAX_ROW = 64 * 1024;

const [SPACE, QUOTE, POINT, BRACKET] = [32, 34, 46, 91];

interface Columns {
  readonly emotion: number;
  readonly pixels: number;
  /** Undefined: there is no such column. */
  readonly usage: number | undefined;
  readonly delimiter: Delimiter;
  /** Number of columns in the header. */
  readonly count: number;
}

/**
 * Parses a stream of CSV bytes. It works on bytes, not strings, because 32,298 rows hold 75 million numbers.
 * @param source file name for messages
 * Throws DataError that names file and line, what was found and what was expected.
 */
export async function parseFer2013Csv(
  chunks: AsyncIterable<Uint8Array>,
  source: string,
  options: NamingOptions & { skipBad: boolean },
): Promise<Dataset> {
  const builder = new SplitBuilder();
  const labels = new CsvLabels(options);
  let columns: Columns | undefined;
  let rest: Uint8Array = new Uint8Array(0);
  let line = 0;

  const take = (row: Uint8Array, unended = false): void => {
    line++;
    const text = row.at(-1) === 13 ? row.subarray(0, -1) : row;
    if (text.length === 0) return;
    if (columns === undefined && isPreamble(text)) return;
    if (columns === undefined) {
      columns = readHeader(text, source);
      return;
    }
    try {
      readRow(text, columns, builder, labels, `${source}:${line}`);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      if (!options.skipBad && unended) {
        throw new DataError(`${error.message} (the file ends inside this row: it looks cut off)`);
      }
      if (!options.skipBad) throw error;
      builder.skip(error.message.replace(WAY_OUT, ''));
    }
  };

  for await (const chunk of withLineFeeds(inUtf8(chunks))) {
    const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let begin = 0;
    for (;;) {
      const blank = blankLines(data, begin);
      line += blank.lines;
      begin = blank.end;
      const { end, lines } = endOfRow(data, begin);
      if (end < 0) break;
      take(data.subarray(begin, end));
      line += lines - 1;
      begin = end + 1;
    }
    rest = data.slice(begin);
    if (rest.length > MAX_ROW)
      throw new DataError(
        `${source}:${line + 1}: a row of over ${MAX_ROW} bytes; expected about 8,000: is this FER-2013?`,
      );
  }
  if (rest.length > 0) take(rest, true);
  if (columns === undefined) {
    throw new DataError(
      `${source}: the file is empty; expected a header line "emotion,pixels,Usage" and rows: download it again`,
    );
  }
  if (builder.rows === 0) {
    throw new DataError(
      `${source}: no ${builder.skipped > 0 ? `good row among ${builder.skipped}` : 'row after the header'}; expected faces: download it again`,
    );
  }
  return builder.build('FER-2013', source, labels.naming(builder.words, source));
}

/** The values of the column `emotion`: numbers, those of fer2013.csv unless `--classes` names others, or words. */
class CsvLabels {
  #kind: 'numbers' | 'words' | undefined;
  /** Numbers that fer2013.csv does not have. */
  readonly #strange = new Set<string>();
  /** Words for classes that `--classes` leaves out. */
  readonly #left = new Set<string>();

  /** The classes to choose; undefined: all. */
  readonly #chosen: ReadonlySet<string> | undefined;

  constructor(private readonly options: NamingOptions) {
    const { classes, choose = true } = options;
    if (choose && classes !== undefined && 'names' in classes)
      this.#chosen = new Set(classes.names.map(classKey));
  }

  /** Whether the numbers are those of fer2013.csv. */
  get #own(): boolean {
    const { classes } = this.options;
    return this.#kind === 'numbers' && (classes === undefined || ('csv' in classes && classes.csv));
  }

  /** The word for a class in a field; undefined: its class is left out. Throws DataError. */
  wordOf(field: string, where: string): string | undefined {
    const word = field.replace(/^(\d+)\.0+$/, '$1'); // pandas writes 3.0 where a row has no label
    const kind = isNumber(word) ? 'numbers' : /^(?=.*\p{L})\P{Cc}+$/u.test(word) ? 'words' : undefined;
    this.#kind ??= kind;
    if (kind !== undefined && kind === this.#kind && (!this.#own || CSV_NAMING.labels.has(word))) {
      if (kind === 'numbers' || this.#chosen?.has(classKey(classNameOf(word))) !== false) return word;
      this.#left.add(word);
      return undefined;
    }
    if (this.#own && isNumber(word)) this.#strange.add(word);
    const expected =
      this.#kind === 'words'
        ? 'a word, as in the rows before'
        : this.#own
          ? 'a whole number from 0 (Angry) to 6 (Neutral); --classes a,b,c names other numbers'
          : 'a whole number or the name of a class';
    throw new DataError(
      `${where}: emotion "${printable(field.slice(0, 20))}"; expected ${expected}${WAY_OUT}`,
    );
  }

  /** Names the words of all rows. Throws DataError, UsageError like `nameClasses`. */
  naming(words: readonly string[], source: string): Naming {
    const fromOne =
      ['1', '2', '3', '4', '5', '6'].every((word) => words.includes(word)) && !words.includes('0');
    if (this.#own && this.#strange.size > 0 && fromOne) {
      throw new DataError(
        `${source}: the labels are ${listOf([...words, ...this.#strange].sort())}, not those of fer2013.csv; name them in the order of the numbers with --classes a,b,c`,
      );
    }
    if (this.#own) return CSV_NAMING;
    const all = [...words, ...this.#left];
    const from = { words: all, source, where: (word: string) => `label ${word}`, known: CSV_NAMES };
    return nameClasses(from, this.options);
  }
}

/** The empty lines from `begin` on, and where they end: there may be millions of them. */
function blankLines(data: Uint8Array, begin: number): { readonly lines: number; readonly end: number } {
  let [lines, end] = [0, begin];
  for (;;) {
    if (data[end] === 10) end++;
    else if (data[end] === 13 && data[end + 1] === 10) end += 2;
    else return { lines, end };
    lines++;
  }
}

/**
 * Where a row ends, and how many lines it has: numpy prints an array over several lines, `"[[70 80]\n [82 72]]"`, each of which
 * begins with a space. `end` is -1 where more bytes must tell.
 */
function endOfRow(data: Uint8Array, begin: number): { readonly end: number; readonly lines: number } {
  let end = data.indexOf(10, begin);
  for (let lines = 1; ; lines++) {
    const row = data.subarray(begin, Math.max(begin, end));
    const quote = row.lastIndexOf(QUOTE);
    if (quote < 0 || row[quote + 1] !== BRACKET) return { end, lines };
    if (end + 1 < data.length && data[end + 1] !== SPACE) return { end, lines };
    end = data.indexOf(10, end + 1);
  }
}

/** Whether a line before the header is a comment, or Excel's `sep=;`. */
const isPreamble = (row: Uint8Array): boolean =>
  /^(#|"?sep=.)/.test(Buffer.from(row.subarray(0, 10)).toString('latin1').replace('\xef\xbb\xbf', ''));

function readHeader(row: Uint8Array, source: string): Columns {
  const line = Buffer.from(row)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
  const bytes = Buffer.from(line);
  const delimiter = delimiterOf(bytes);
  const names = fieldsOf(bytes, delimiter).map((name) => name.toString().trim().toLowerCase());
  const find = (name: string): number => {
    const at = names.indexOf(name);
    if (at < 0) {
      throw new DataError(
        `${source}:1: no column "${name}"; expected the header "emotion,pixels,Usage" (fer2013.csv) or "emotion, Usage, pixels" (icml_face_data.csv): give one of these files; found "${printable(line.slice(0, 80))}"`,
      );
    }
    if (names.lastIndexOf(name) !== at) {
      throw new DataError(
        `${source}:1: there are two columns "${name}"; expected one: remove or rename the other`,
      );
    }
    return at;
  };
  const usage = names.indexOf('usage');
  return {
    ...{ emotion: find('emotion'), pixels: find('pixels'), usage: usage < 0 ? undefined : usage },
    ...{ delimiter, count: names.length },
  };
}

function readRow(
  row: Uint8Array,
  columns: Columns,
  builder: SplitBuilder,
  labels: CsvLabels,
  where: string,
): void {
  const fields = fieldsOf(row, columns.delimiter);
  if (fields.length < columns.count) {
    throw new DataError(
      `${where}: the row has ${fields.length} columns; expected ${columns.count} as in the header${WAY_OUT}`,
    );
  }
  const text = (i: number): string =>
    Buffer.from(fields[i] ?? [])
      .toString('utf8')
      .trim();
  const word = labels.wordOf(text(columns.emotion), where);
  if (word === undefined) return;
  const usage = columns.usage === undefined ? 'train' : text(columns.usage);
  const split = splitOf(usage);
  if (split === undefined) {
    throw new DataError(
      `${where}: Usage "${printable(usage.slice(0, 20))}"; expected Training, PublicTest or PrivateTest, or ${SPLIT_WORDS}${WAY_OUT}`,
    );
  }
  readPixels(fields[columns.pixels] ?? new Uint8Array(0), builder.slot(split), where);
  builder.commit(split, word);
}

/** The word around byte `at`, shortened, for messages. */
function wordAt(field: Uint8Array, at: number): string {
  const from = field.lastIndexOf(32, at) + 1;
  const space = field.indexOf(32, at);
  const to = Math.min(space < 0 ? field.length : space, from + 12);
  return printable(Buffer.from(field.subarray(from, to)).toString('latin1'));
}

/** What may stand around and between numbers: spaces, tabs, line ends, commas and brackets. */
const BETWEEN: ReadonlySet<number> = new Set([...Buffer.from(' \t\r\n,[]()')]);

/** Where the digits after a point at byte `at` end, if these are all zeros: numpy and pandas write 70.0 or 70.; else `at`. */
function afterZeros(field: Uint8Array, at: number): number {
  let end = at + 1;
  while (field[end] === 48) end++;
  return end === field.length || BETWEEN.has(field[end] as number) ? end : at;
}

function readPixels(field: Uint8Array, out: Uint8Array, where: string): void {
  let count = 0;
  let value = -1;
  const push = (): void => {
    if (value < 0) return;
    if (value > 255)
      throw new DataError(`${where}: pixel ${count + 1} is ${value}; expected 0 to 255${WAY_OUT}`);
    if (count < PIXELS) out[count] = value;
    count++;
    value = -1;
  };
  for (let i = 0; i < field.length; i++) {
    const byte = field[i] as number;
    if (byte >= 48 && byte <= 57) value = Math.min((value < 0 ? 0 : value * 10) + byte - 48, 9999);
    else if (BETWEEN.has(byte)) push();
    else if (byte === POINT && value >= 0 && afterZeros(field, i) > i) i = afterZeros(field, i) - 1;
    else {
      const word = wordAt(field, i);
      throw new DataError(
        `${where}: pixel ${count + 1} reads "${word}"; expected whole numbers with spaces or commas between${WAY_OUT}`,
      );
    }
  }
  push();
  if (count !== PIXELS) {
    throw new DataError(
      `${where}: ${count.toLocaleString('en')} pixels; expected ${PIXELS.toLocaleString('en')} (48 x 48)${WAY_OUT}`,
    );
  }
}
