/** A size in character cells. */
export interface Cells {
  readonly cols: number;
  readonly rows: number;
}

/** The largest cells in which a picture keeps its shape, a cell being twice as high as wide. */
export function fitPicture(width: number, height: number, { cols, rows }: Cells): Cells {
  const scale = Math.min(cols / width, (2 * rows) / height);
  return {
    cols: Math.min(cols, Math.max(1, Math.round(width * scale))),
    rows: Math.min(rows, Math.max(1, Math.round((height * scale) / 2))),
  };
}
