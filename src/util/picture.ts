/** A picture as bytes, row by row: gray, or interleaved red, green and blue. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** [height, width, channels] */
  readonly data: Uint8Array;
}

/** Converts to red, green and blue; always a copy. */
export function inColor({ width, height, channels, data }: Picture): Picture {
  if (channels === 3) return { width, height, channels, data: Uint8Array.from(data) };
  const out = new Uint8Array(data.length * 3);
  for (let i = 0; i < out.length; i++) out[i] = data[Math.floor(i / 3)] as number;
  return { width, height, channels: 3, data: out };
}

/** Converts to gray: luma by ITU-R BT.601. A gray picture shares its data. */
export function toGray({ width, height, channels, data }: Picture): Picture {
  if (channels === 1) return { width, height, channels, data };
  const gray = new Uint8Array(width * height);
  for (let i = 0, k = 0; i < gray.length; i++, k += 3) {
    const luma =
      0.299 * (data[k] as number) + 0.587 * (data[k + 1] as number) + 0.114 * (data[k + 2] as number);
    gray[i] = Math.round(luma);
  }
  return { width, height, channels: 1, data: gray };
}
