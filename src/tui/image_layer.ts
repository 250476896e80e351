import { resample } from '../util/resample.js';
import type { Rect } from './layout.js';
import type { Graphics } from './paint/capability.js';
import { iterm2Image, kittyDelete, kittyImage } from './paint/graphics.js';
import type { PlacedPicture } from './screen_module.js';

/** Our first image id in Kitty. Other programs in the same window are unlikely to use this range. */
const FIRST_ID = 0x66657200;
/** Assumed size of a cell in pixels. It limits how many pixels are sent. */
const CELL = { width: 8, height: 16 };

/**
 * Pictures that the terminal shows as pixels. This class computes the escape sequences that change them. Kitty shows an image
 * over the cells until it is deleted by its id. iTerm2 stores an image in the cells, where new text replaces it.
 */
export class ImageLayer {
  #shown: readonly PlacedPicture[] = [];

  constructor(private readonly graphics: Graphics) {}

  /** Rows that must be written again because a picture has left some of their cells. */
  vacated(next: readonly PlacedPicture[]): readonly number[] {
    if (this.graphics === 'kitty') return [];
    return this.#shown
      .filter((old) => !next.some((picture) => sameCells(old, picture)))
      .flatMap(({ y, rows }) => Array.from({ length: rows }, (_, i) => y + i));
  }

  /** Returns the sequences that show the next pictures. @param rewritten whether text has been written into these cells since */
  update(next: readonly PlacedPicture[], rewritten: (cells: Rect) => boolean): string {
    const old = this.#shown;
    this.#shown = next;
    const changes = next.map((placed, i) => {
      const before = old[i];
      const same = before?.picture === placed.picture && sameCells(before, placed) && !rewritten(placed);
      return same ? '' : this.#remove(i, before) + this.#draw(placed, i);
    });
    return changes.join('') + this.#removeFrom(next.length, old);
  }

  /** Returns the sequences that remove all pictures which clearing the text would leave on the screen. */
  clear(): string {
    const old = this.#shown;
    this.#shown = [];
    return this.#removeFrom(0, old);
  }

  #removeFrom(first: number, old: readonly PlacedPicture[]): string {
    return old
      .slice(first)
      .map((picture, i) => this.#remove(first + i, picture))
      .join('');
  }

  #remove(index: number, old: PlacedPicture | undefined): string {
    return this.graphics === 'kitty' && old !== undefined ? kittyDelete(FIRST_ID + index) : '';
  }

  #draw(placed: PlacedPicture, index: number): string {
    const picture = sized(placed);
    const image =
      this.graphics === 'kitty'
        ? kittyImage(picture, placed, FIRST_ID + index)
        : iterm2Image(picture, placed);
    return `\x1b7\x1b[${placed.y + 1};${placed.x + 1}H${image}\x1b8`;
  }
}

/** The pixels to send: at most as many as the cells have. The terminal enlarges pictures, except where it would blur pixels. */
function sized({ picture, cols, rows, enlarge }: PlacedPicture) {
  const [width, height] = [cols * CELL.width, rows * CELL.height];
  if (enlarge === 'nearest') return resample(picture, width, height, 'nearest');
  return resample(picture, Math.min(width, picture.width), Math.min(height, picture.height), 'bilinear');
}

function sameCells(a: Rect, b: Rect): boolean {
  return a.x === b.x && a.y === b.y && a.cols === b.cols && a.rows === b.rows;
}
