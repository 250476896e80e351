import type { RunReport } from '../train/runs.js';
import { inMegabytes } from '../util/megabytes.js';
import { effectiveText, type FormValues, fieldText, settingsIn } from './form.js';
import { clock } from './run_words.js';

/** What a run with the settings of the form will cost, from what earlier runs have measured. */

/** Settings that time and memory depend on. Only a run that agrees in all of them is a measurement. */
const OF_COST = [
  ...[
    'model',
    'filters',
    'convolutions',
    'dense',
    'activation',
    'batch',
    'optimizer',
    'precision',
    'teacher',
  ],
  ...['architecture', 'features', 'augment', 'mixup', 'cutmix', 'preprocess', 'ema', 'swa', 'adapter'],
];
/** Settings that the number of images depends on. */
const OF_DATA = ['data', 'limit', 'fold', 'ferplus', 'drop-duplicates'];

const agree = (names: readonly string[], a: FormValues, b: FormValues): boolean =>
  names.every((name) => effectiveText(name, a) === effectiveText(name, b));

/** The cost in a few words: "1:23 per epoch, 13:50 in total, 91 MB on the device, measured by r3 (250 img/s)". */
export function costWords(values: FormValues, runs: readonly RunReport[]): string {
  const measured = runs.filter(
    ({ epochs, config }) => epochs.length > 0 && agree(OF_COST, values, settingsOf(config)),
  );
  const run = measured.find(({ config }) => agree(OF_DATA, values, settingsOf(config))) ?? measured[0];
  const last = run?.epochs.at(-1);
  if (run === undefined || last === undefined)
    return 'cost: unknown: no run here has used this network and batch size';
  const same = agree(OF_DATA, values, settingsOf(run.config));
  const memory = run.peakBytes === null ? '' : `, ${inMegabytes(run.peakBytes)} on the device`;
  const pace = `${Math.round(last.imgPerS).toLocaleString('en')} img/s`;
  if (!same) return `cost: ${pace}${memory}, measured by ${run.name} on other data`;
  const epochs = Number(fieldText('epochs', values));
  const each = run.seconds / run.epochs.length;
  return `cost: ${clock(each)} per epoch, ${clock(each * epochs)} in total${memory}, measured by ${run.name} (${pace})`;
}

const settingsOf = (config: RunReport['config']): FormValues => settingsIn(config);
