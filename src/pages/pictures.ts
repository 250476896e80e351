import { shortNumber } from '../util/axis.js';
import type { Picture } from '../util/picture.js';
import { encodePng } from '../util/picture_file.js';
import { SIGNED_COLORS } from '../util/signed_picture.js';
import { type Content, type Html, html } from './html.js';

/** A picture with the words below it. */
export interface Tile {
  readonly picture: Picture;
  /** May be empty. */
  readonly caption: Content;
  /** What it shows, for those who do not see it. */
  readonly alt: string;
}

/** The meaning of colours: evenly spaced from the lowest to the highest value, with words for both and the middle. */
export interface ColorScale {
  readonly quantity: string;
  readonly colors: readonly (readonly [red: number, green: number, blue: number])[];
  readonly low: string;
  readonly middle?: string | undefined;
  readonly high: string;
}

/** A picture inside the page. Pixels stay pixels when it is enlarged. */
export function image(picture: Picture, alt: string): Html {
  const data = Buffer.from(encodePng(picture)).toString('base64');
  return html`<img src="data:image/png;base64,${data}" width="${picture.width}" height="${picture.height}" alt="${alt}">`;
}

/**
 * Pictures side by side, as many in a row as fit.
 * @param width of each in rem, at least
 */
export function tiles(list: readonly Tile[], width: number): Html {
  return html`<div class="tiles" style="--tile:${width}rem">${list.map(
    ({ picture, caption, alt }) =>
      html`<figure>${image(picture, alt)}${caption !== '' && html`<figcaption>${caption}</figcaption>`}</figure>`,
  )}</div>`;
}

/** Many small pictures that make one: a single text stands for all of them. */
export function mosaic(pictures: readonly Picture[], width: number, alt: string): Html {
  return html`<div class="tiles" style="--tile:${width}rem" role="img" aria-label="${alt}">${pictures.map(
    (picture) => html`<div>${image(picture, '')}</div>`,
  )}</div>`;
}

/** A bar of colours with its ends named. */
export function colorScale({ quantity, colors, low, middle, high }: ColorScale): Html {
  const stops = colors.map((color) => `rgb(${color.join(',')})`).join(',');
  return html`<div class="scale"><span>${quantity}:</span><span>${low}</span><i style="background:linear-gradient(90deg,${stops})"></i><span>${high}</span>${middle !== undefined && html`<span>(${middle} in the middle)</span>`}</div>`;
}

/** The scale of signed pictures: blue, white, orange. */
export function signedScale(quantity: string, limit: number): Html {
  const words = shortNumber(limit);
  return colorScale({ quantity, colors: SIGNED_COLORS, low: `−${words}`, middle: '0', high: words });
}
