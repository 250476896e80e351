import type { Spread } from '../../util/spread.js';
import type { Measure } from './outcome.js';

/** How the numbers of labs are written. */

/** One number. */
export function numberText(value: number, format: Measure['format']): string {
  if (!Number.isFinite(value)) return '-';
  switch (format) {
    case 'share':
      return `${(100 * value).toFixed(1)} %`;
    case 'decimal':
      return value.toFixed(3);
    case 'whole':
      return String(Math.round(value));
    case 'power':
      return value === 0 ? '0' : value.toExponential(1);
  }
}

/** A difference, with its margin if there is one: `16.2 ± 3.1 points` for shares. */
export function spanText(value: number, margin: number | undefined, format: Measure['format']): string {
  const bar = margin === undefined ? '' : ` ± ${numberText(margin, format)}`;
  const text = `${numberText(value, format)}${bar}`;
  return format === 'share' ? `${text.replaceAll(' %', '')} points` : text;
}

/** A factor with two digits: `0.35`, `690`, `5.5e+4`. */
export function factorText(value: number): string {
  return value >= 1e4 || value < 1e-2 ? value.toExponential(1) : String(Number(value.toPrecision(2)));
}

/** Mean and standard deviation over the seeds: `71.2 ± 1.3 %`. It tells how many runs diverged. */
export function figure({ mean, sd, n, lost }: Spread, format: Measure['format']): string {
  if (n === 0) return lost === 0 ? '-' : 'diverged';
  const bar = Number.isNaN(sd) ? '' : ` ± ${numberText(sd, format)}`;
  const text = `${numberText(mean, format)}${bar}`;
  const whole = format === 'share' && bar !== '' ? text.replace(' %', '') : text;
  return lost === 0 ? whole : `${whole} (${lost} of ${n + lost} diverged)`;
}
