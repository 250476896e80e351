/** Numbers and times as the pages write them. */

import { percent as plainPercent } from '../util/axis.js';
import { minute } from '../util/minute.js';
import { type Content, html } from './html.js';

/** A whole number with thousands separated; a dash where it is unknown. */
export function count(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? '–' : value.toLocaleString('en');
}

/** A number with a fixed number of digits behind the point; a dash where it is none. */
export function fixed(value: number | undefined, digits: number): string {
  return value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(digits);
}

/** An ISO 8601 time to the minute, e.g. `2026-11-23 10:00 UTC`; a dash where it is unknown. */
export function moment(iso: string): Content {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(iso)) return '–';
  return html`<time datetime="${iso}">${minute(iso)} UTC</time>`;
}

/** A share as a percentage that does not break over lines; a dash where it is no number. */
export function percent(share: number | undefined, digits = 1): string {
  return share === undefined || !Number.isFinite(share)
    ? '–'
    : plainPercent(share, digits).replace(' ', '\u00a0');
}
