import type { Picture } from './picture.js';

const BLUE = [33, 102, 200] as const;
const WHITE = [247, 247, 247] as const;
const ORANGE = [230, 110, 20] as const;
/** The colours of the lowest value, of zero and of the highest one. */
export const SIGNED_COLORS = [BLUE, WHITE, ORANGE] as const;

/**
 * Signed numbers as a picture: blue below zero, white at zero, orange above; `limit` and beyond are full colour. As
 * gray, for terminals without colour: black, middle gray, white.
 * @param values [height, width]
 */
export function signedPicture(
  values: ArrayLike<number>,
  { width, height, limit, gray = false }: { width: number; height: number; limit: number; gray?: boolean },
): Picture {
  const channels = gray ? 1 : 3;
  const data = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    const share = limit > 0 ? Math.max(-1, Math.min(1, (values[i] as number) / limit)) : 0;
    if (gray) {
      data[i] = Math.round(127.5 * (1 + share));
      continue;
    }
    const end = share < 0 ? BLUE : ORANGE;
    const part = Math.abs(share);
    for (let c = 0; c < 3; c++) {
      const zero = WHITE[c] as number;
      data[i * 3 + c] = Math.round(zero + ((end[c] as number) - zero) * part);
    }
  }
  return { width, height, channels, data };
}
