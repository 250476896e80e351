import { TextDecoder } from 'node:util';

/**
 * The ways in which tools write CSV: commas, semicolons, tabs or bars between fields, quotes around them (RFC 4180), UTF-8 or UTF-16.
 * Works on bytes, because FER-2013 holds 75 million numbers.
 */

/** The byte between two fields. */
export type Delimiter = 44 | 59 | 9 | 124;
const DELIMITERS: readonly Delimiter[] = [44, 59, 9, 124];
const QUOTE = 34;

/** The delimiter that a header line has most often outside of quotes: comma, semicolon, tab or bar. */
export function delimiterOf(header: Uint8Array): Delimiter {
  const count = (delimiter: Delimiter): number => fieldsOf(header, delimiter).length;
  return DELIMITERS.reduce((best, delimiter) => (count(delimiter) > count(best) ? delimiter : best));
}

/** The fields of a line, without the quotes around them. A doubled quote inside of quotes stays as it is. */
export function fieldsOf(line: Uint8Array, delimiter: Delimiter): Uint8Array[] {
  const fields: Uint8Array[] = [];
  for (let begin = 0; ; ) {
    const start = skipSpaces(line, begin);
    const close = line[start] === QUOTE ? closingQuote(line, start, delimiter) : -1;
    const end = line.indexOf(delimiter, close < 0 ? begin : close);
    const stop = end < 0 ? line.length : end;
    fields.push(close < 0 ? line.subarray(begin, stop) : line.subarray(start + 1, close));
    if (end < 0) return fields;
    begin = end + 1;
  }
}

/** The texts of a line that `csvLine` wrote, without spaces around them. */
export const csvTexts = (line: string): string[] =>
  fieldsOf(Buffer.from(line), DELIMITERS[0] as Delimiter).map((field) =>
    Buffer.from(field).toString('utf8').replaceAll('""', '"').trim(),
  );

function skipSpaces(line: Uint8Array, from: number): number {
  let at = from;
  while (line[at] === 32) at++;
  return at;
}

/**
 * The quote that ends a quoted field: the next one that a delimiter or the end of the line follows, and that is not the second of
 * two, which stand for a quote in the text; -1 without one.
 */
function closingQuote(line: Uint8Array, open: number, delimiter: Delimiter): number {
  for (let at = line.indexOf(QUOTE, open + 1); at >= 0; at = line.indexOf(QUOTE, at + 1)) {
    if (line[at + 1] === QUOTE) {
      at++;
      continue;
    }
    const next = skipSpaces(line, at + 1);
    if (next === line.length || line[next] === delimiter) return at;
  }
  return -1;
}

/** How the text that begins with these bytes is encoded. UTF-16 is told by its mark, or by the zero byte of a Latin letter. */
export function encodingOf([first = 128, second = 128]: Uint8Array): 'utf-16le' | 'utf-16be' | 'utf-8' {
  if ((first === 0xff && second === 0xfe) || (first > 0 && first < 128 && second === 0)) return 'utf-16le';
  if ((first === 0xfe && second === 0xff) || (first === 0 && second > 0 && second < 128)) return 'utf-16be';
  return 'utf-8';
}

/** Turns UTF-16, as Excel and PowerShell write it, into UTF-8. Other bytes pass as they are. */
export async function* inUtf8(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let decoder: TextDecoder | undefined;
  let first = true;
  for await (const chunk of chunks) {
    const encoding = first ? encodingOf(chunk) : 'utf-8';
    if (encoding !== 'utf-8') decoder = new TextDecoder(encoding);
    first = false;
    yield decoder === undefined ? chunk : Buffer.from(decoder.decode(chunk, { stream: true }));
  }
}

/** Turns the line ends of old Macs, carriage returns alone, into line feeds. The first line end tells how all are written. */
export async function* withLineFeeds(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let returns: boolean | undefined;
  let begun: Uint8Array = new Uint8Array(0);
  for await (const chunk of chunks) {
    if (returns === undefined) {
      begun = begun.length === 0 ? chunk : Buffer.concat([begun, chunk]);
      returns = endsInReturns(begun);
      if (returns === undefined && begun.length < MAX_UNDECIDED) continue;
      returns ??= false;
      yield returns ? lineFeeds(begun) : begun;
    } else yield returns ? lineFeeds(chunk) : chunk;
  }
  if (returns === undefined && begun.length > 0) yield begun;
}

/** If these first bytes contain no line end, the search for one ends. */
const MAX_UNDECIDED = 1 << 20;

/** Whether the first line ends in a carriage return alone; undefined: these bytes do not tell. */
function endsInReturns(bytes: Uint8Array): boolean | undefined {
  const [feed, back] = [bytes.indexOf(10), bytes.indexOf(13)];
  if (feed >= 0 && (back < 0 || feed <= back + 1)) return false;
  return back < 0 || back + 1 === bytes.length ? undefined : true;
}

const lineFeeds = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => (byte === 13 ? 10 : byte));
