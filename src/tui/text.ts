import sliceAnsi from 'slice-ansi';
import stringWidth from 'string-width';

/** Functions for text with colour codes: measure, cut, pad, wrap, and convert to plain or ASCII text. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with the escape character
const COLOUR = /(\x1b\[[\d;]*m)/g;

/** Characters that every terminal draws one cell wide: Latin, Greek, Cyrillic, box drawing and blocks. */
const NARROW = /^[\x20-\x7e\xa0-\u02ff\u0370-\u0482\u2000-\u23ff\u2500-\u28ff]*$/;

/** The width of a text in cells, without colour codes. Narrow text is measured by its length, which is fast. */
export function widthOf(text: string): number {
  const letters = text.includes('\x1b') ? plain(text) : text;
  return NARROW.test(letters) ? letters.length : stringWidth(letters);
}

/** Makes a text exactly `cols` cells wide: pads it with spaces, or cuts it and adds an ellipsis. */
export function padTo(text: string, cols: number, align: 'left' | 'right' = 'left'): string {
  const line = cut(text, cols);
  const fill = ' '.repeat(Math.max(0, cols - widthOf(line)));
  return align === 'left' ? line + fill : fill + line;
}

/** Makes a text at most `cols` cells wide. A text that is too long is cut and ends in an ellipsis. */
export function cut(text: string, cols: number): string {
  if (text.length <= cols || widthOf(text) <= cols) return text;
  if (cols < 1) return '';
  return NARROW.test(plain(text)) ? `${narrowSlice(text, cols - 1)}…` : `${sliceAnsi(text, 0, cols - 1)}…`;
}

/** Keeps the first `cols` characters, and all colour codes, so that every colour is reset. */
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

/** Puts one text at the left and one at the right of a line of `cols` cells. If they do not fit, the left one is cut. */
export function spread(left: string, right: string, cols: number): string {
  const end = cut(right, cols);
  const room = cols - widthOf(end);
  return padTo(left, room) + end;
}

/** As many of the items as fit into `cols` cells, each of them whole; an ellipsis stands for the rest. */
export function wholeItems(items: readonly string[], cols: number): string {
  const [first = '', ...rest] = items;
  let line = first;
  for (const [i, item] of rest.entries()) {
    const longer = `${line}, ${item}`;
    if (widthOf(longer) + (i < rest.length - 1 ? 3 : 0) > cols) return `${line}, …`;
    line = longer;
  }
  return line;
}

/** Wraps plain text at spaces, into lines of at most `cols` cells. */
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

/** Columns of a panel's title row that are not the title's: corners, blanks and the sign of the focus. */
const BORDER = 5;

/** The first of a panel's titles, the longest first, that is not cut; the last where all are. */
export function titleThatFits(titles: readonly [string, ...string[]], cols: number): string {
  return titles.find((title) => widthOf(title) <= cols - BORDER) ?? (titles.at(-1) as string);
}

/** Removes colour codes. */
export function plain(text: string): string {
  return text.replace(COLOUR, '');
}

const ASCII: Readonly<Record<string, string>> = {
  ...{ '─': '-', '│': '|', '┄': '-', '┤': '|', '·': '.', '—': '-', '–': '-', '−': '-', '…': '~', '×': 'x' },
  ...{ '▸': '>', '✓': '+', '✗': 'x', '‖': '=', '▼': 'v', '▲': '^', '→': '>', '←': '<', '↑': '^', '↓': 'v' },
  ...{ '█': '#', '▉': '#', '▊': '#', '▋': '#', '▌': '#', '▍': ' ', '▎': ' ', '▏': ' ', '●': '*', '○': 'o' },
  ...{
    Σ: 'S',
    '∂': 'd',
    α: 'a',
    β: 'b',
    γ: 'g',
    ε: 'e',
    μ: 'u',
    ρ: 'p',
    Δ: 'd',
    '√': 'V',
    '′': "'",
    '₁': '1',
    '₂': '2',
    ᵗ: 't',
  },
  ...{ '≈': '~', '±': '~', '≤': '<', '≥': '>', '²': '2', µ: 'u', '■': '#', '◆': '*', '▪': '.', '∞': '-' },
};

/** Replaces each character by an ASCII character, for terminals and fonts without Unicode. */
export function asciiOf(text: string): string {
  return text.replace(/[\u0080-\u{10ffff}]/gu, (c) => {
    if (/[\u2500-\u257f]/.test(c)) return ASCII[c] ?? '+';
    return ASCII[c] ?? (/[\u2800-\u28ff]/.test(c) ? '*' : '?');
  });
}
