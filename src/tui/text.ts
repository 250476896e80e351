import sliceAnsi from 'slice-ansi';
import stringWidth from 'string-width';

/** Lines of text with colours in them: measured, cut and turned into plain characters. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with the escape character
const COLOUR = /(\x1b\[[\d;]*m)/g;

/** Characters that are one cell each, in every terminal: Latin, Greek, Cyrillic, and what we draw with. */
const NARROW = /^[\x20-\x7e\xa0-\u02ff\u0370-\u0482\u2000-\u23ff\u2500-\u28ff]*$/;

/** In cells; colours count nothing. Most text needs no look at every character, which is slow. */
export function widthOf(text: string): number {
  const letters = text.includes('\x1b') ? plain(text) : text;
  return NARROW.test(letters) ? letters.length : stringWidth(letters);
}

/** Exactly `cols` cells: cut with an ellipsis, or filled up. */
export function padTo(text: string, cols: number, align: 'left' | 'right' = 'left'): string {
  const line = cut(text, cols);
  const fill = ' '.repeat(Math.max(0, cols - widthOf(line)));
  return align === 'left' ? line + fill : fill + line;
}

/** At most `cols` cells; what was cut ends in an ellipsis. */
export function cut(text: string, cols: number): string {
  if (text.length <= cols || widthOf(text) <= cols) return text;
  if (cols < 1) return '';
  return NARROW.test(plain(text)) ? `${narrowSlice(text, cols - 1)}…` : `${sliceAnsi(text, 0, cols - 1)}…`;
}

/** The first `cols` characters, and all colours, so that what was opened is closed. */
function narrowSlice(text: string, cols: number): string {
  let room = cols;
  const pieces = text.split(COLOUR);
  return pieces
    .map((piece, i) => {
      if (i % 2 === 1) return piece;
      const part = piece.slice(0, room);
      room -= part.length;
      return part;
    })
    .join('');
}

/** Left and right text on one line of `cols` cells; the left one gives way. */
export function spread(left: string, right: string, cols: number): string {
  const end = cut(right, cols);
  const room = cols - widthOf(end);
  return padTo(left, room) + end;
}

/** Words on lines of at most `cols` cells; plain text. */
export function wrapped(text: string, cols: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && widthOf(longer) > cols) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

/** Without colours. */
export function plain(text: string): string {
  return text.replace(COLOUR, '');
}

const ASCII: Readonly<Record<string, string>> = {
  ...{ '─': '-', '│': '|', '┄': '-', '┤': '|', '·': '.', '—': '-', '–': '-', '−': '-', '…': '~', '×': 'x' },
  ...{ '▸': '>', '✓': '+', '✗': 'x', '‖': '=', '▼': 'v', '▲': '^', '→': '>', '←': '<', '↑': '^', '↓': 'v' },
  ...{ '█': '#', '▉': '#', '▊': '#', '▋': '#', '▌': '#', '▍': ' ', '▎': ' ', '▏': ' ', '●': '*', '○': 'o' },
  ...{ '≈': '~', '±': '~', '≤': '<', '≥': '>', '²': '2', µ: 'u', '■': '#', '◆': '*', '▪': '.', '∞': '-' },
};

/** Every character as one of ASCII: for terminals and fonts that have no others. */
export function asciiOf(text: string): string {
  return text.replace(/[\u0080-\u{10ffff}]/gu, (c) => {
    if (/[\u2500-\u257f]/.test(c)) return ASCII[c] ?? '+';
    return ASCII[c] ?? (/[\u2800-\u28ff]/.test(c) ? '*' : '?');
  });
}
