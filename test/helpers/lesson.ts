import { readFileSync } from 'node:fs';

/** A fenced block of a lesson. */
export interface Block {
  /** The first word after the fence; empty for formulas. */
  readonly kind: string;
  /** The rest of that line, e.g. `slow` or `within 5 %`. */
  readonly note: string;
  readonly text: string;
}

/** A command of a lesson, and what it says the command prints. */
export interface Command {
  readonly script: string;
  /** `slow`: only in full runs. `exercise`: fails until the exercise is solved. `screen`: needs a terminal. */
  readonly note: string;
  readonly printed: string | undefined;
  /** The tolerance of figures in `printed`, as a fraction. */
  readonly within: number;
}

/** A part of a source file that a lesson speaks about: a whole file where `from` is undefined. */
export interface Pointer {
  readonly file: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

const FENCE = /^```(\w*)([^\n]*)\n([\s\S]*?)^```$/gm;

/** The fenced blocks of a text, in order. */
export function blocksOf(text: string): Block[] {
  return [...text.matchAll(FENCE)].map(([, kind = '', note = '', body = '']) => ({
    ...{ kind, note: note.trim(), text: body },
  }));
}

/** A text without its fenced blocks. */
export const proseOf = (text: string): string => text.replaceAll(FENCE, '');

/** Commands (`sh` blocks), each with the `text` block right after it. */
export function commandsOf(text: string): Command[] {
  const blocks = blocksOf(text);
  return blocks.flatMap(({ kind, note, text: script }, i): Command[] => {
    if (kind !== 'sh') return [];
    const after = blocks[i + 1];
    const output = after?.kind === 'text' ? after : undefined;
    const within = Number(/^within ([\d.]+) %$/.exec(output?.note ?? '')?.[1] ?? 0) / 100;
    return [{ script, note, printed: output?.text, within }];
  });
}

/** The list below "## The source". */
export function pointersOf(text: string): Pointer[] {
  const section = /^## The source\n([\s\S]*?)^## /m.exec(text)?.[1] ?? '';
  return [
    ...section.matchAll(/^- \[`([^`]+)`\]\(\.\.\/\.\.\/([^)]+)\)(?: `([^`]+)`(?: to `([^`]+)`)?)?/gm),
  ].map(([, file = '', link, from, to]) => {
    if (file !== link) throw new Error(`${file} links to ${link}`);
    return { file, from, to };
  });
}

/** The solution of the exercise, as a patch for `git apply`. */
export const patchOf = (text: string): string =>
  blocksOf(text)
    .filter(({ kind }) => kind === 'diff')
    .map(({ text: patch }) => patch)
    .join('');

const NUMBER = /-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/g;

/**
 * Why a line that was printed is not the line that a lesson shows; undefined if it is. Figures may differ by a fraction. A
 * shown line that ends in ` ...` is the beginning of the line.
 */
function difference(shown: string, line: string, within: number): string | undefined {
  const unlike = `shown: ${shown}\nprinted: ${line}`;
  const plain = (text: string): string =>
    within === 0 ? text.trimEnd() : text.replaceAll(NUMBER, '#').replaceAll(/\s+/g, ' ').trim();
  const start = shown.replace(/ +\.\.\.$/, '');
  const alike = start === shown ? plain(shown) === plain(line) : plain(line).startsWith(plain(start));
  if (!alike) return unlike;
  const [a, b] = [start, line].map((text) => (text.match(NUMBER) ?? []).map(Number)) as [number[], number[]];
  return a.some((v, i) => Math.abs(v - (b[i] as number)) > within * Math.abs(v)) ? unlike : undefined;
}

/**
 * Why an output is not what a lesson shows; undefined if it is. Lines of `...` stand for any number of lines; what is
 * between two of them must be printed line by line, in that order.
 */
export function unlike(shown: string, printed: string, within = 0): string | undefined {
  const lines = printed.trimEnd().split('\n');
  const parts = shown.trimEnd().split(/^\.\.\.$/m);
  let at = 0;
  for (const [p, part] of parts.entries()) {
    const wanted = part.split('\n').filter((line, i, all) => line !== '' || (i > 0 && i < all.length - 1));
    if (wanted.length === 0) continue;
    const fits = (from: number): string | undefined => {
      for (const [i, line] of wanted.entries()) {
        const why =
          from + i < lines.length ? difference(line, lines[from + i] as string, within) : `missing: ${line}`;
        if (why !== undefined) return why;
      }
      return undefined;
    };
    const first = fits(at);
    let from = first === undefined ? at : -1;
    if (p > 0) for (let i = at; i < lines.length && from < 0; i++) if (fits(i) === undefined) from = i;
    if (from < 0) return first;
    at = from + wanted.length;
  }
  return parts.length === 1 && at < lines.length ? `also printed: ${lines[at]}` : undefined;
}

/** The value of an expression of numbers, such as `2 * (3 - 1)^2` or `-ln(1 / 7)`; undefined for anything else. */
export function evaluate(expression: string): number | undefined {
  const text = expression
    .replaceAll(/(?<=\d),(?=\d{3}\b)/g, '')
    .replaceAll(/\bln (\d+)/g, 'ln($1)')
    .trim();
  const names: Readonly<Record<string, (x: number) => number>> = {
    ...{ exp: Math.exp, ln: Math.log, sqrt: Math.sqrt, tanh: Math.tanh, floor: Math.floor, ceil: Math.ceil },
  };
  const words = text.match(/[a-z]+/gi) ?? [];
  if (!/\d/.test(text) || !/^[\d\s.+*/^()a-z-]+$/i.test(text)) return undefined;
  if (words.some((word) => !(word in names) && !/^e$/.test(word))) return undefined;
  // JavaScript refuses -2 ** 2, and so does this.
  const code = text.replaceAll('^', '**');
  try {
    const value: unknown = new Function(...Object.keys(names), `"use strict"; return (${code});`)(
      ...Object.values(names),
    );
    return typeof value === 'number' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** An equation between numbers in a text: `left = right`, right with so many decimals. */
export interface Equation {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly decimals: number;
}

/** A side of an equation without the words before it (`so the loss is 2 * 3`) and the punctuation after it. */
const withoutWords = (side: string): string =>
  side
    .replace(/[.,:;]\s*$/, '')
    .replace(/^\s*(?:[A-Za-z]+:? +(?![-+*/^]))+(?=[\d(-])/, '')
    .trim();

/** The equations of a piece of text that have numbers on both sides; chains such as `a = b = c` give several. */
export function equationsIn(text: string): Equation[] {
  return text.split('\n').flatMap((line) =>
    // Two blanks separate, except around an equals sign, where they align.
    line
      .replaceAll(/ *(?<![<>=])=(?!=) */g, ' = ')
      .split(/ {2,}|, (?=[a-z])|[;,] {1,}/)
      .flatMap((piece) => {
        const sides = piece.split(/(?<![<>=])=(?!=)/).map(withoutWords);
        return sides.slice(1).flatMap((side, i): Equation[] => {
          const [left, right] = [evaluate(sides[i] as string), evaluate(side)];
          if (left === undefined || right === undefined) return [];
          const decimals = /\.(\d+)$/.exec(side)?.[1]?.length ?? 0;
          return [{ text: piece.trim(), left, right, decimals }];
        });
      }),
  );
}

/** All numbers of a text as they are written, without thousands separators. */
export const figuresIn = (text: string): string[] =>
  text.replaceAll(/(?<=\d),(?=\d{3}\b)/g, '').match(/\d+(?:\.\d+)?/g) ?? [];

/** The text of a file of docs/learn. */
export const readLesson = (file: string): string => readFileSync(`docs/learn/${file}`, 'utf8');
