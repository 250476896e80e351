import { type Arr, at } from './arrays.js';

/** Which part, and where in it, each value of the whole comes from. */
function sources(channels: readonly number[], rows: number): { part: number; at: number }[] {
  const places = channels.flatMap((count, part) => Array.from({ length: count }, (_, c) => ({ part, c })));
  return Array.from({ length: rows }, (_, row) =>
    places.map(({ part, c }) => ({ part, at: row * (channels[part] as number) + c })),
  ).flat();
}

/** Parts [rows, channels of the part] side by side. */
export function concatenateForward(parts: readonly Arr[], channels: readonly number[], rows: number): Arr {
  return Float64Array.from(sources(channels, rows), ({ part, at: i }) => at(parts[part] as Arr, i));
}

/** The gradient of each part. */
export function concatenateBackward(dy: Arr, channels: readonly number[], rows: number): Arr[] {
  const gradients = channels.map((count) => new Float64Array(rows * count));
  sources(channels, rows).forEach(({ part, at: i }, whole) => {
    (gradients[part] as Arr)[i] = at(dy, whole);
  });
  return gradients;
}
