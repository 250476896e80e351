import type { OptionSpec } from '../train/option_spec.js';
import { OPTION_ENTRIES } from '../train/options.js';
import { effectiveText, type FormBase, type FormValues } from './form.js';
import { rowsWith } from './search.js';

/** The rows of the form: its sections, and which settings a filter leaves. */

/** The setting that each section begins with, and the heading of the section. */
const SECTIONS: Readonly<Record<string, string>> = {
  data: 'data and network',
  epochs: 'training',
  l1: 'regularization',
  teacher: 'knowledge distillation',
  precision: 'precision and images',
  features: 'hand-made features',
  shuffle: 'order and schedule',
  monitor: 'best weights and stopping',
  fold: 'classes, labels and folds',
  'max-steps': 'limits, machine and files',
};

/** The filter for what differs from the defaults, or from the recipe or run that the form began with. */
export const CHANGED = '*';

/** A line of the form: a heading, or a setting with its row. Row 0 starts the run. */
export type FormRow =
  | { readonly heading: string }
  | { readonly row: number; readonly name: string; readonly spec: OptionSpec };

/** Whether a setting differs from what the form began with: a recipe, a run, or the defaults. */
export function differs(name: string, values: FormValues, base: FormBase | undefined): boolean {
  return base === undefined
    ? name in values
    : effectiveText(name, values) !== effectiveText(name, base.settings);
}

/** Rows of the settings that a filter leaves, in order. */
export function rowsLeft(filter: string, values: FormValues, base: FormBase | undefined): readonly number[] {
  const rows = [...OPTION_ENTRIES.keys()].map((i) => i + 1);
  if (filter === '') return rows;
  if (filter === CHANGED)
    return rows.filter((row) => differs(OPTION_ENTRIES[row - 1]?.[0] ?? '', values, base));
  const texts = OPTION_ENTRIES.map(([name, { help }]) => `${name} ${help}`);
  return rowsWith(texts, filter).map((i) => i + 1);
}

/** The lines below the first one, with a heading before the first setting of each section that is left. */
export function formRows(left: readonly number[]): readonly FormRow[] {
  let heading = '';
  let previous = '';
  const shown = new Set(left);
  return OPTION_ENTRIES.flatMap(([name, spec], i): FormRow[] => {
    heading = SECTIONS[name] ?? heading;
    if (!shown.has(i + 1)) return [];
    const head = heading === previous ? [] : [{ heading }];
    previous = heading;
    return [...head, { row: i + 1, name, spec }];
  });
}

/** The section of a row. */
export function sectionOf(row: number): string {
  const before = OPTION_ENTRIES.slice(0, row).findLast(([name]) => SECTIONS[name] !== undefined);
  return SECTIONS[before?.[0] ?? ''] ?? '';
}
