import { constants, deflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { inColor, type Picture } from '../../util/picture.js';
import type { Cells } from './picture.js';

/** Pictures as pixels, as escape sequences of terminals that take them; each fills cells from the cursor on. */

/** Largest chunk of Kitty's protocol, in base64 characters. */
const CHUNK = 4096;
/** Level of compression. Frames are short-lived: slightly smaller files are not worth much more time. */
const LEVEL = 1;

const kitty = (keys: string, payload = ''): string => `\x1b_G${keys}${payload && `;${payload}`}\x1b\\`;
const rgb = (picture: Picture): Picture => (picture.channels === 3 ? picture : inColor(picture));

/**
 * Kitty's protocol: deflated RGB under an id, scaled to the cells; the cursor stays. The terminal sends no reply (`q=2`).
 * @param id 1 to 2^32 - 1; what was shown under it is replaced
 */
export function kittyImage(picture: Picture, { cols, rows }: Cells, id: number): string {
  const { width, height } = picture;
  const data = deflateSync(rgb(picture).data, { level: LEVEL }).toString('base64');
  const parts = data.match(new RegExp(`.{1,${CHUNK}}`, 'g')) ?? [''];
  const head = `a=T,q=2,C=1,f=24,o=z,i=${id},p=1,s=${width},v=${height},c=${cols},r=${rows}`;
  return parts
    .map((part, i) => kitty(`${i === 0 ? `${head},` : ''}m=${i + 1 < parts.length ? 1 : 0}`, part))
    .join('');
}

/** Takes an image off the screen, and its pixels out of the terminal's memory. */
export function kittyDelete(id: number): string {
  return kitty(`a=d,d=I,q=2,i=${id}`);
}

/**
 * iTerm2's protocol, which WezTerm speaks too: a PNG file, scaled to the cells. It is part of these cells: text written there
 * replaces it.
 */
export function iterm2Image(picture: Picture, { cols, rows }: Cells): string {
  const { width, height } = picture;
  const png = new PNG({ width, height });
  png.data = Buffer.from(rgb(picture).data);
  const file = PNG.sync.write(png, {
    ...{ colorType: 2, inputColorType: 2, inputHasAlpha: false },
    ...{ filterType: 0, deflateLevel: LEVEL, deflateStrategy: constants.Z_DEFAULT_STRATEGY },
  });
  const size = `size=${file.length};width=${cols};height=${rows};preserveAspectRatio=0`;
  return `\x1b]1337;File=inline=1;${size};doNotMoveCursor=1:${file.toString('base64')}\x07`;
}
