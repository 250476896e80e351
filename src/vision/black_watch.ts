import type { Picture } from '../util/picture.js';
import type { SourceInfo } from './source.js';

/** Gray value below which a pixel is black. The black of some cameras is 16, and noise is added to it. */
const BLACK = 28;
/** Share of the pixels that are black in a black frame: a lens cover lets no light in, a dark room has a lamp somewhere. */
const SHARE = 0.995;
/** Only every n-th pixel is examined. */
const STEP = 7;
/** Seconds of black frames alone after which the user is warned. Cameras start with some black frames. */
const SECONDS = 2;

/** Notices that a camera or stream sends nothing but black frames, and says so once. */
export class BlackWatch {
  readonly #name: string;
  #on: boolean;
  /** Time of the first of the black frames in a row, in seconds. */
  #since: number | undefined;

  constructor({ live, name }: Pick<SourceInfo, 'live' | 'name'>) {
    this.#name = name;
    this.#on = live;
  }

  /** Looks at a gray frame. Returns the warning for the user, if there is one. @param t its time in seconds */
  see(gray: Picture, t: number): string | undefined {
    if (!this.#on) return undefined;
    this.#since = isBlack(gray) ? (this.#since ?? t) : undefined;
    if (this.#since === undefined || t - this.#since < SECONDS) return undefined;
    this.#on = false;
    return `only black pictures arrive: lens covered, room dark, or no permission? (${this.#name})`; // the name may be cut off
  }
}

function isBlack({ data }: Picture): boolean {
  let black = 0;
  for (let i = 0; i < data.length; i += STEP) if ((data[i] as number) < BLACK) black++;
  return black >= SHARE * Math.ceil(data.length / STEP);
}
