import { inflateSync } from 'node:zlib';
import { PNG } from 'pngjs';

/** A picture on a terminal, by cells. */
export interface ShownImage {
  readonly x: number;
  readonly y: number;
  readonly cols: number;
  readonly rows: number;
  readonly width: number;
  readonly height: number;
  /** [height, width, 3] */
  readonly data: Uint8Array;
}

/** A stream with its control characters as signs: regular expressions with those themselves are refused by the linter. */
export const visible = (text: string): string => text.replaceAll('\x1b', '␛').replaceAll('\x07', '␇');

const TOKENS = /␛_G([^;␛]*)(?:;([^␛]*))?␛\\|␛\]1337;File=([^:]*):([^␇]*)␇|␛\[(\d+);(\d+)H/g;

const fieldsOf = (text: string, separator: string): Record<string, string> =>
  Object.fromEntries(text.split(separator).map((part) => part.split('=') as [string, string]));

/** What terminals with Kitty's or iTerm2's protocol make of a stream; Kitty's by number, iTerm2's one after another. */
export class TerminalImages {
  readonly shown = new Map<number, ShownImage>();
  #at = { x: 0, y: 0 };
  #parts = '';
  #head: Record<string, string> = {};
  #files = 0;

  write(text: string): void {
    for (const [, keys, payload = '', file, content = '', row, col] of visible(text).matchAll(TOKENS)) {
      if (row !== undefined) this.#at = { x: Number(col) - 1, y: Number(row) - 1 };
      else if (keys !== undefined) this.#kitty(fieldsOf(keys, ','), payload);
      else if (file !== undefined) this.#iterm2(fieldsOf(file, ';'), Buffer.from(content, 'base64'));
    }
  }

  #kitty(keys: Record<string, string>, payload: string): void {
    if (keys['a'] === 'd') {
      this.shown.delete(Number(keys['i']));
      return;
    }
    if (payload.length > 4096) throw new Error(`a part of ${payload.length} characters`);
    if (keys['a'] !== undefined) [this.#head, this.#parts] = [keys, ''];
    this.#parts += payload;
    if (keys['m'] === '1') return;
    const { i, s, v, c, r, f, o } = this.#head;
    if (f !== '24' || o !== 'z') throw new Error(`format ${f}, compression ${o}`);
    const data = new Uint8Array(inflateSync(Buffer.from(this.#parts, 'base64')));
    const size = { cols: Number(c), rows: Number(r), width: Number(s), height: Number(v) };
    this.shown.set(Number(i), { ...this.#at, ...size, data });
  }

  #iterm2(keys: Record<string, string>, file: Buffer): void {
    if (file.length !== Number(keys['size']))
      throw new Error(`${file.length} bytes instead of ${keys['size']}`);
    const { width, height, data } = PNG.sync.read(file);
    const rgb = data.filter((_, i) => i % 4 < 3);
    const size = { cols: Number(keys['width']), rows: Number(keys['height']), width, height };
    this.shown.set(this.#files++, { ...this.#at, ...size, data: new Uint8Array(rgb) });
  }
}
