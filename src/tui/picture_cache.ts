import type { Picture } from '../util/picture.js';
import type { Capability } from './paint/capability.js';
import { paintPicture } from './paint/paint.js';
import type { PlacedPicture } from './screen_module.js';

/** Caches painted pictures for as long as the pictures themselves are in memory. */
export class PictureCache {
  readonly #painted = new WeakMap<Picture, { cols: number; rows: number; lines: readonly string[] }>();

  constructor(private readonly capability: Capability) {}

  /** Paints a picture as lines of characters. Their number and width are those of its rectangle. */
  lines({ picture, cols, rows, enlarge }: PlacedPicture): readonly string[] {
    const known = this.#painted.get(picture);
    if (known !== undefined && known.cols === cols && known.rows === rows) return known.lines;
    const lines = paintPicture(picture, cols, rows, this.capability, enlarge);
    this.#painted.set(picture, { cols, rows, lines });
    return lines;
  }
}
