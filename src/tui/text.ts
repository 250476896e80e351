import sliceAnsi from 'slice-ansi';
import stringWidth from 'string-width';

/** Lines of text with colours in them: measured, cut and turned into plain characters. */

/** In cells; colours count nothing. */
export const widthOf = stringWidth;

/** Exactly `cols` cells: cut with an ellipsis, or filled up. */
export function padTo(text: string, cols: number, align: 'left' | 'right' = 'left'): string {
  const line = cut(text, cols);
  const fill = ' '.repeat(Math.max(0, cols - widthOf(line)));
  return align === 'left' ? line + fill : fill + line;
}

/** At most `cols` cells; what was cut ends in an ellipsis. */
export function cut(text: string, cols: number): string {
  if (text.length <= cols || widthOf(text) <= cols) return text;
  return cols < 1 ? '' : `${sliceAnsi(text, 0, cols - 1)}…`;
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

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with the escape character
const COLOURS = /\x1b\[[\d;]*m/g;

/** Without colours. */
export function plain(text: string): string {
  return text.replace(COLOURS, '');
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
