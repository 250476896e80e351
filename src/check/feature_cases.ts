import { concatenateBackward, concatenateForward } from '../gpu/kernels/concatenate.js';
import {
  binaryPatterns,
  PATTERN_BINS,
  patternGeometry,
  patternHistograms,
  restoreGray,
} from '../gpu/kernels/local_binary_patterns.js';
import * as concatenate from '../reference/concatenate.js';
import * as reference from '../reference/local_binary_patterns.js';
import { compare, type KernelCase } from './case.js';
import { Inputs } from './random_arrays.js';

/** Gray levels, patterns and shares are exact up to the last division. */
const EXACT = 1e-7;

/** @param chosen features to compute; default: all @param levels of gray to draw from: few of them give many ties */
function patternCase(
  s: reference.PatternShape,
  levels: readonly number[],
  chosen: readonly number[] = [...Array(s.cells ** 2 * PATTERN_BINS).keys()],
): KernelCase {
  return {
    kernels: ['restore', 'patterns', 'histograms'].map((entry) => `local_binary_patterns.${entry}`),
    title: `LBP(8,${s.radius}) of ${s.b} x [${s.h}, ${s.w}], ${s.cells} x ${s.cells} cells, ${chosen.length} features, ${levels.length} gray levels`,
    tolerance: EXACT,
    run: (gpu) => {
      const inputs = new Inputs(s.h * 100 + s.radius);
      const mean = inputs.floats(s.h * s.w, 100, 150);
      const pixels = inputs.oneOf(s.b * s.h * s.w, levels);
      // As preprocessing makes them: (pixel - mean) / 255 in float32.
      const images = pixels.f32.map((pixel, i) => (pixel - (mean.f32[i % mean.f32.length] ?? 0)) / 255);
      const gray = reference.restoreGray(Float64Array.from(images), mean.f64, 255);
      const bins = reference.binaryPatterns(gray, s);
      const all = reference.patternHistograms(bins, s);
      const perImage = all.length / s.b;
      const g = patternGeometry([s.b, s.h, s.w, 1], s, chosen.length);
      const values = {
        image: { data: images, shape: [s.b, s.h, s.w, 1] },
        mean: { data: mean.f32, shape: [s.h, s.w] },
        scale: { data: Float32Array.of(255), shape: [1] },
        chosen: { data: Uint32Array.from(chosen), shape: [chosen.length] },
      };
      return compare(gpu, values, (rec, t) => {
        const made = restoreGray(rec, t.image, t, g);
        const codes = binaryPatterns(rec, made, g);
        return {
          gray: { got: made, want: gray, as: 'u32' },
          pixels: { got: made, want: pixels.f64, as: 'u32' },
          bins: { got: codes, want: bins, as: 'u32' },
          y: {
            got: patternHistograms(rec, codes, t.chosen, g),
            want: Array.from({ length: s.b }, (_, n) =>
              chosen.map((feature) => all[n * perImage + feature] ?? Number.NaN),
            ).flat(),
          },
        };
      });
    },
  };
}

function concatenateCase(outer: readonly number[], channels: readonly number[]): KernelCase {
  return {
    kernels: ['concatenate.forward', 'concatenate.backward'],
    title: `[${outer.join(', ')}] x ${channels.join(' + ')} channels`,
    run: (gpu) => {
      const inputs = new Inputs(channels.length);
      const rows = outer.reduce((product, extent) => product * extent, 1);
      const width = channels.reduce((sum, count) => sum + count, 0);
      const parts = channels.map((count) => inputs.floats(rows * count));
      const dy = inputs.floats(rows * width);
      const shapes = channels.map((count) => [...outer, count]);
      const want = concatenate.concatenateBackward(dy.f64, channels, rows);
      const values = Object.fromEntries([
        ...parts.map(({ f32 }, i) => [`part${i}`, { data: f32, shape: shapes[i] ?? [] }] as const),
        ['dy', { data: dy.f32, shape: [...outer, width] }] as const,
      ]);
      return compare(gpu, values, (rec, t) => {
        const whole = parts.flatMap((_, i) => t[`part${i}`] ?? []);
        let offset = 0;
        const gradients = shapes.map((shape, i) => {
          const got = concatenateBackward(rec, t['dy'] as (typeof whole)[number], shape, offset);
          offset += channels[i] ?? 0;
          return [`d${i}`, { got, want: want[i] ?? [] }] as const;
        });
        return {
          y: {
            got: concatenateForward(rec, whole),
            want: concatenate.concatenateForward(
              parts.map(({ f64 }) => f64),
              channels,
              rows,
            ),
          },
          ...Object.fromEntries(gradients),
        };
      });
    },
  };
}

const GRAY = [...Array(256).keys()];

export const FEATURE_CASES: readonly KernelCase[] = [
  patternCase({ b: 2, h: 12, w: 9, radius: 1, cells: 1 }, GRAY),
  patternCase({ b: 3, h: 11, w: 14, radius: 2, cells: 3 }, [7, 8, 200]),
  patternCase({ b: 2, h: 48, w: 48, radius: 1, cells: 4 }, [90, 91, 92, 93]),
  patternCase({ b: 2, h: 48, w: 48, radius: 2, cells: 6 }, GRAY, [2123, 0, 57, 58, 59, 700]),
  concatenateCase([5], [7, 3]),
  concatenateCase([3], [64, 1, 5]),
  concatenateCase([2, 3, 5], [4, 3]),
];
