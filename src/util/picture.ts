/** A picture of bytes, row by row: gray, or red, green and blue interleaved. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** [height, width, channels] */
  readonly data: Uint8Array;
}
