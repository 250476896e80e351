import type { Readable } from 'node:stream';

/**
 * One key: its name (`a`, `A`, `space`, `enter`, `up`, `ctrl+c`, `alt+b`, ...), and the text that it types, if any. Pasted text is
 * one key, `paste`; the mouse sends `click`, `wheelup` and `wheeldown`. A reply of the terminal itself (OSC) is `answer`.
 */
export interface Key {
  readonly name: string;
  readonly text: string;
  /** Of `click`, `wheelup` and `wheeldown`: the cell, counted from 0. */
  readonly at?: { readonly x: number; readonly y: number };
}

const SEQUENCES: Readonly<Record<string, string>> = {
  ...{ '[A': 'up', '[B': 'down', '[C': 'right', '[D': 'left', OA: 'up', OB: 'down', OC: 'right', OD: 'left' },
  ...{
    '[H': 'home',
    '[F': 'end',
    OH: 'home',
    OF: 'end',
    '[1~': 'home',
    '[4~': 'end',
    '[7~': 'home',
    '[8~': 'end',
  },
  ...{ '[5~': 'pageup', '[6~': 'pagedown', '[3~': 'delete', '[Z': 'shift+tab' },
  ...{ '[1;5D': 'ctrl+left', '[1;5C': 'ctrl+right', '[1;3D': 'alt+left', '[1;3C': 'alt+right' },
};
const CONTROLS: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\x7f': 'backspace',
  '\b': 'backspace',
  ' ': 'space',
};

/** Match the text after an escape character: a complete sequence, the beginning of one, or a key pressed with Alt. */
const WHOLE = /^(O[A-Za-z]|\[[\d;?]*[A-Za-z~])/;
const BEGUN = /^(O|\]|\[[\d;?<]*)?$/;
/** A button of the mouse, and the cell, counted from 1 (SGR); M: pressed, m: released. */
const MOUSE = /^\[<(\d+);(\d+);(\d+)([Mm])/;
const BUTTONS: Readonly<Record<string, string>> = { 0: 'click', 64: 'wheelup', 65: 'wheeldown' };
const ALT = /^([a-z]|\x7f)/;

/** What a terminal sends around pasted text, once `ESC [?2004h` has asked for it. */
const [PASTE, PASTED] = ['\x1b[200~', '\x1b[201~'];

/** An answer of the terminal begins and ends with these, or ends with a bell. */
const [ANSWER, ANSWERED, BELL] = ['\x1b]', '\x1b\\', '\x07'];
const isAnswer = (data: string): boolean => data.startsWith(ANSWER) && /\d/.test(data[ANSWER.length] ?? '');

/** Where an answer ends at the beginning of what was sent, and where its text does; undefined: it has not arrived whole. */
function answerEnd(data: string): { readonly text: number; readonly whole: number } | undefined {
  const [bell, string] = [data.indexOf(BELL), data.indexOf(ANSWERED)];
  if (bell >= 0 && (string < 0 || bell < string)) return { text: bell, whole: bell + BELL.length };
  return string < 0 ? undefined : { text: string, whole: string + ANSWERED.length };
}

/** Parses what a terminal sent. `rest` is a sequence, or pasted text, whose end has not arrived yet. */
export function parseKeys(data: string): { keys: Key[]; rest: string } {
  const keys: Key[] = [];
  let rest = data;
  while (rest !== '') {
    if (rest.startsWith(PASTE)) {
      const end = rest.indexOf(PASTED);
      if (end < 0) return { keys, rest };
      keys.push({ name: 'paste', text: rest.slice(PASTE.length, end) });
      rest = rest.slice(end + PASTED.length);
      continue;
    }
    if (isAnswer(rest)) {
      const end = answerEnd(rest);
      if (end === undefined) return { keys, rest };
      keys.push({ name: 'answer', text: rest.slice(ANSWER.length, end.text) });
      rest = rest.slice(end.whole);
      continue;
    }
    if (rest.startsWith('\x1b')) {
      const mouse = MOUSE.exec(rest.slice(1));
      if (mouse !== null) {
        keys.push(...mouseKeys(mouse));
        rest = rest.slice(1 + mouse[0].length);
        continue;
      }
      const sequence = WHOLE.exec(rest.slice(1));
      if (sequence !== null) {
        const name = SEQUENCES[sequence[0]];
        if (name !== undefined) keys.push({ name, text: '' });
        rest = rest.slice(1 + sequence[0].length);
        continue;
      }
      if (BEGUN.test(rest.slice(1))) return { keys, rest };
      const alt = ALT.exec(rest.slice(1))?.[0];
      if (alt !== undefined) {
        keys.push({ name: `alt+${CONTROLS[alt] ?? alt}`, text: '' });
        rest = rest.slice(2);
        continue;
      }
      keys.push({ name: 'escape', text: '' });
      rest = rest.slice(1);
      continue;
    }
    const letter = String.fromCodePoint(rest.codePointAt(0) as number);
    keys.push(keyOf(letter));
    rest = rest.slice(letter.length);
  }
  return { keys, rest };
}

/** Other buttons, and the release of a button, make no key. */
function mouseKeys([, button = '', x, y, end]: RegExpExecArray): Key[] {
  const name = end === 'M' ? BUTTONS[button] : undefined;
  return name === undefined ? [] : [{ name, text: '', at: { x: Number(x) - 1, y: Number(y) - 1 } }];
}

function keyOf(letter: string): Key {
  const name = CONTROLS[letter];
  if (name !== undefined) return { name, text: letter === ' ' ? ' ' : '' };
  const code = letter.charCodeAt(0);
  if (code >= 32) return { name: letter, text: letter };
  return { name: `ctrl+${String.fromCharCode(code + 96)}`, text: '' };
}

/** The rest of an escape sequence arrives within this time; after it, a lone escape is the Escape key. */
const ESCAPE_MS = 30;
/** Pasted text, or an answer, whose end does not arrive within this time is dropped: its letters must not act as keys. */
const PASTE_MS = 5000;

/** Reads keys from a terminal in raw mode, in which the terminal does not echo keys and does not handle ^C and ^Z. */
export class Input {
  #rest = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly stdin: Readable & { setRawMode(on: boolean): unknown },
    private readonly onKey: (key: Key) => void,
  ) {}

  start(): void {
    this.stdin.setRawMode(true);
    this.stdin.setEncoding('utf8');
    this.stdin.on('data', this.#read);
    this.stdin.resume();
  }

  /** Restores the terminal's mode. */
  stop(): void {
    clearTimeout(this.#timer);
    this.stdin.off('data', this.#read);
    this.stdin.setRawMode(false);
    this.stdin.pause();
  }

  readonly #read = (data: string | Buffer): void => {
    clearTimeout(this.#timer);
    const { keys, rest } = parseKeys(this.#rest + data.toString());
    this.#rest = rest;
    for (const key of keys) this.onKey(key);
    if (rest === '') return;
    const unfinished = rest.startsWith(PASTE) || isAnswer(rest);
    this.#timer = setTimeout(
      () => {
        this.#rest = '';
        if (!unfinished) this.onKey({ name: 'escape', text: '' });
      },
      unfinished ? PASTE_MS : ESCAPE_MS,
    );
  };
}
