import type { Key } from './input.js';
import { widthOf } from './text.js';

/** The line that is edited in every dialog that asks for text. */
export interface Line {
  readonly text: string;
  /** Index in `text` of the letter under the cursor; the length of the text: behind its end. */
  readonly at: number;
  /** Whether the text is a value that was there before: the first key that types or deletes replaces it as a whole. */
  readonly fresh: boolean;
}

/** A value to accept, to change or to type over. */
export function lineOf(text: string): Line {
  return { text, at: text.length, fresh: text !== '' };
}

const LETTERS = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Starts of the letters, as people count them, and the end of the text. */
function stops(text: string): number[] {
  return [...Array.from(LETTERS.segment(text), ({ index }) => index), text.length];
}

const left = ({ text, at }: Line): number => stops(text).findLast((stop) => stop < at) ?? 0;
const right = ({ text, at }: Line): number => stops(text).find((stop) => stop > at) ?? text.length;
/** Words are runs of letters and digits, so that a path is deleted part by part. */
const wordLeft = ({ text, at }: Line): number =>
  /[\p{L}\p{N}]*[^\p{L}\p{N}]*$/u.exec(text.slice(0, at))?.index ?? 0;
const wordRight = ({ text, at }: Line): number =>
  at + (/^[^\p{L}\p{N}]*[\p{L}\p{N}]*/u.exec(text.slice(at))?.[0].length ?? 0);

const MOVES: Readonly<Record<string, (line: Line) => number>> = {
  left,
  'ctrl+b': left,
  right,
  'ctrl+f': right,
  home: () => 0,
  'ctrl+a': () => 0,
  end: ({ text }) => text.length,
  'ctrl+e': ({ text }) => text.length,
  'alt+b': wordLeft,
  'ctrl+left': wordLeft,
  'alt+left': wordLeft,
  'alt+f': wordRight,
  'ctrl+right': wordRight,
  'alt+right': wordRight,
};

/** Keys that delete the text between the cursor and this position. */
const DELETIONS: Readonly<Record<string, (line: Line) => number>> = {
  backspace: left,
  delete: right,
  'ctrl+d': right,
  'ctrl+w': wordLeft,
  'alt+backspace': wordLeft,
  'alt+d': wordRight,
  'ctrl+u': () => 0,
  'ctrl+k': ({ text }) => text.length,
};

/** Returns the line after a key; undefined for keys that do not edit. Pasted text becomes one line. */
export function editLine(line: Line, { name, text }: Key): Line | undefined {
  const move = MOVES[name];
  if (move !== undefined) return { ...line, at: move(line), fresh: false };
  const deletion = DELETIONS[name];
  if (deletion !== undefined) {
    if (line.fresh) return lineOf('');
    const to = deletion(line);
    return without(line, Math.min(line.at, to), Math.max(line.at, to));
  }
  const typed = text.replace(/[\r\n]+$/, '').replace(/\s*[\r\n]+\s*/g, ' ');
  return typed === '' ? undefined : inserted(line.fresh ? lineOf('') : line, typed);
}

function without({ text }: Line, from: number, to: number): Line {
  return { text: text.slice(0, from) + text.slice(to), at: from, fresh: false };
}

function inserted({ text, at }: Line, typed: string): Line {
  return { text: text.slice(0, at) + typed + text.slice(at), at: at + typed.length, fresh: false };
}

/** What is visible of a line: the text before, under and behind the cursor. Dots stand for what does not fit. */
export interface VisibleLine {
  readonly before: string;
  readonly under: string;
  readonly behind: string;
}

/** The part of a line around its cursor that fits into `cols` cells. */
export function visibleLine({ text, at }: Line, cols: number): VisibleLine {
  const letters = (part: string): string[] => Array.from(LETTERS.segment(part), ({ segment }) => segment);
  const [under = ' ', ...behind] = letters(text.slice(at));
  const before = letters(text.slice(0, at));
  let room = Math.max(1, cols) - widthOf(under);
  const fitting = (parts: readonly string[], most: number): string[] => {
    let free = most;
    const end = parts.findIndex((part) => {
      free -= widthOf(part);
      return free < 0;
    });
    if (end < 0) return [...parts];
    const kept = parts.slice(0, end);
    while (kept.length > 0 && widthOf(kept.join('')) > most - 1) kept.pop();
    return most < 1 ? [] : [...kept, '…'];
  };
  // What was typed last is before the cursor: it gets the room, except for a few cells.
  const few = Math.min(widthOf(behind.join('')), room >> 2);
  const shownBefore = fitting(before.toReversed(), room - few).reverse();
  room -= widthOf(shownBefore.join(''));
  return { before: shownBefore.join(''), under, behind: fitting(behind, room).join('') };
}
