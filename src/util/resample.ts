import type { Picture } from './picture.js';

/** How a picture is enlarged. Area averaging always makes it smaller. */
export type Enlarge = 'bilinear' | 'nearest';

/** The inputs of each output position: `count` of them from `first` on, with weights that add up to 1. */
interface Taps {
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** [outputs, most] */
  readonly weights: Float32Array;
  readonly most: number;
}

/**
 * Resizes a picture to width x height, each axis separately: a smaller picture averages the area that a pixel covers, a larger
 * one is interpolated as `enlarge` says.
 */
export function resample(picture: Picture, width: number, height: number, enlarge: Enlarge): Picture {
  const { channels, data } = picture;
  if (width === picture.width && height === picture.height) return picture;
  const across = taps(picture.width, width, enlarge);
  const down = taps(picture.height, height, enlarge);
  const stride = picture.width * channels;
  const out = new Uint8Array(width * height * channels);
  const row = new Float64Array(stride);
  for (let y = 0; y < height; y++) {
    row.fill(0);
    const rows = down.count[y] as number;
    for (let k = 0; k < rows; k++) {
      const weight = down.weights[y * down.most + k] as number;
      const from = ((down.first[y] as number) + k) * stride;
      for (let x = 0; x < stride; x++) row[x] = (row[x] as number) + weight * (data[from + x] as number);
    }
    for (let x = 0; x < width; x++) {
      const first = (across.first[x] as number) * channels;
      const count = across.count[x] as number;
      for (let c = 0; c < channels; c++) {
        let sum = 0.5; // so that truncation to a byte rounds
        for (let k = 0; k < count; k++) {
          sum += (across.weights[x * across.most + k] as number) * (row[first + k * channels + c] as number);
        }
        out[(y * width + x) * channels + c] = sum;
      }
    }
  }
  return { width, height, channels, data: out };
}

function taps(from: number, to: number, enlarge: Enlarge): Taps {
  const most = to < from ? Math.ceil(from / to) + 1 : 2;
  const result = {
    first: new Int32Array(to),
    count: new Int32Array(to),
    weights: new Float32Array(to * most),
    most,
  };
  for (let i = 0; i < to; i++) {
    const parts =
      to < from ? area(i, from, to) : enlarge === 'nearest' ? near(i, from, to) : mix(i, from, to);
    result.first[i] = parts.first;
    result.count[i] = parts.weights.length;
    result.weights.set(parts.weights, i * most);
  }
  return result;
}

interface Parts {
  readonly first: number;
  readonly weights: readonly number[];
}

/** The inputs that output `i` covers, weighted by the covered part. */
function area(i: number, from: number, to: number): Parts {
  const [low, high] = [(i * from) / to, ((i + 1) * from) / to];
  const first = Math.floor(low);
  const end = Math.min(from, Math.ceil(high));
  const covered = (x: number): number => Math.min(x + 1, high) - Math.max(x, low);
  return {
    first,
    weights: Array.from({ length: end - first }, (_, k) => covered(first + k) / (high - low)),
  };
}

/** The input at the centre of output `i`. */
function near(i: number, from: number, to: number): Parts {
  return { first: Math.min(from - 1, Math.floor(((i + 0.5) * from) / to)), weights: [1] };
}

/** The two inputs next to the centre of output `i`; the edge is repeated. */
function mix(i: number, from: number, to: number): Parts {
  const x = Math.max(0, Math.min(from - 1, ((i + 0.5) * from) / to - 0.5));
  const first = Math.floor(x);
  return first + 1 < from ? { first, weights: [1 - (x - first), x - first] } : { first, weights: [1] };
}
