import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { shippedModels, weightsPath } from '../train/shipped_models.js';
import type { Actions } from './screen_module.js';

/** A trained network that can be chosen. */
interface WeightFile {
  readonly label: string;
  readonly path: string;
}

/** Of runs, the latest name first, then those that come with fer-tui. */
function weightFiles(runsFolder: string): WeightFile[] {
  const runs = existsSync(runsFolder) ? readdirSync(runsFolder) : [];
  const trained = runs
    .map((name) => ({ label: `${name}, its best epoch`, path: join(runsFolder, name, 'best.safetensors') }))
    .filter(({ path }) => existsSync(path))
    .sort((a, b) => b.label.localeCompare(a.label, 'en', { numeric: true }));
  const shipped = shippedModels().map((name) => ({
    label: `${name}, comes with fer-tui`,
    path: weightsPath(name),
  }));
  return [...trained, ...shipped];
}

/** Most that can be chosen by one key. */
const MOST = 8;

/** Asks which trained network is meant: one of those there are, or a file. */
export function askForWeights(
  act: Pick<Actions<unknown>, 'app' | 'ask' | 'prompt'>,
  use: (path: string) => void,
): void {
  const files = weightFiles(act.app.runsFolder).slice(0, MOST);
  act.ask({
    title: 'which model?',
    lines: files.length === 0 ? [`no trained model in ${act.app.runsFolder}/ yet`] : [],
    choices: [
      ...files.map(({ label, path }, i) => ({ key: String(i + 1), label, run: () => use(path) })),
      {
        key: 'f',
        label: 'a file',
        run: () =>
          act.prompt({
            title: 'weight file',
            value: '',
            help: 'a path: .safetensors of a run, or .h5 and .keras of Keras',
            check: (path) => (existsSync(path) ? undefined : `${path || 'empty'}: not found`),
            submit: use,
          }),
      },
    ],
  });
}
