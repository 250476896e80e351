import { existsSync } from 'node:fs';
import type { WeightFile } from '../engine/requests.js';
import type { Actions } from './screen_module.js';

/** The keys of the choices; `f` stands for another file. */
const KEYS = [...'123456789abcde'];

type AppActions = Pick<Actions<unknown>, 'app' | 'engine' | 'ask' | 'prompt' | 'note' | 'setApp'>;

/** Asks for a network: one of the `untrained` ones, which are listed first, a trained one, or a file. */
export function askForWeights(
  act: AppActions,
  use: (path: string) => void,
  untrained: readonly string[] = [],
): void {
  const { runsFolder, screen } = act.app;
  act.engine.request('weights.list', { folder: runsFolder }).then(
    (trained) => {
      if (act.app.screen === screen) askWhich(act, use, untrained, trained);
    },
    (error: Error) => act.note(error.message, 'bad'),
  );
}

function askWhich(
  act: AppActions,
  use: (path: string) => void,
  untrained: readonly string[],
  trained: readonly WeightFile[],
): void {
  const take = (path: string): void => {
    act.setApp({ workspace: { ...act.app.workspace, weights: path } });
    use(path);
  };
  const named = untrained.map((name) => ({ label: `${name}, untrained`, path: name }));
  // As many choices as fit into a dialog on this terminal.
  const most = Math.max(4, act.app.size.rows - 12);
  const files = [...named, ...trained].slice(0, Math.min(KEYS.length, most));
  act.ask({
    title: 'which model?',
    lines: trained.length === 0 ? [`no trained model in ${act.app.runsFolder}/ yet`] : [],
    choices: [
      ...files.map(({ label, path }, i) => ({
        key: KEYS[i] as string,
        label: path === act.app.workspace.weights ? `${label} (in use)` : label,
        run: () => (untrained.includes(path) ? use(path) : take(path)),
      })),
      { key: 'f', label: 'a file', run: () => askForFile(act, take) },
    ],
  });
}

function askForFile(act: AppActions, use: (path: string) => void): void {
  act.prompt({
    title: 'weight file',
    value: '',
    paths: true,
    help: 'a path: .safetensors of a run, .h5 and .keras of Keras, or .onnx',
    check: (path) => (existsSync(path) ? undefined : `${path || 'empty'}: not found`),
    submit: use,
  });
}
