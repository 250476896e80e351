import type { RunReport } from '../../train/runs.js';
import { percent } from '../../util/axis.js';
import type { PickOption } from '../app_state.js';
import { type RunState, readRunState } from '../run_state.js';
import type { Actions } from '../screen_module.js';
import { MOST_OTHERS, type TrainState } from './train_panels.js';

/** Other runs over the charts of the run that Train shows. */

type Act = Actions<TrainState>;

const pathOf = ({ start }: RunState): string | undefined => start?.path;

/** Asks which runs are drawn over the charts of this one. */
export function askForOthers(act: Act): void {
  const { runsFolder } = act.app;
  act.engine.request('runs.list', { folder: runsFolder }).then(
    (runs) => {
      if (act.app.screen !== 'train') return;
      const own = act.app.run?.start?.path;
      const others = runs.filter(({ path, epochs }) => path !== own && epochs.length > 0);
      if (others.length === 0)
        return act.note(`there is no other run with an epoch in ${runsFolder}/`, 'bad');
      act.pick({
        title: 'compare with',
        help: `The curves of up to ${MOST_OTHERS} runs are drawn over those of this one. Enter adds a run, or takes it away.`,
        options: [...wholeOptions(act, others), ...others.map((run) => optionOf(act, run))],
      });
    },
    (error: Error) => act.note(error.message, 'bad'),
  );
}

/** Options that replace all other runs: by the runs marked on Runs, or by none. */
function wholeOptions(act: Act, others: readonly RunReport[]): PickOption[] {
  const { marked = [] } = (act.app.screens.runs ?? {}) as { readonly marked?: readonly string[] };
  const runs = others.filter(({ path }) => marked.includes(path)).slice(0, MOST_OTHERS);
  const names = runs.map(({ name }) => name).join(', ');
  return [
    ...(runs.length === 0
      ? []
      : [
          {
            label: `${names}, marked on Runs`,
            run: () =>
              draw(
                act,
                runs.map(({ path }) => path),
              ),
          },
        ]),
    ...(act.state.others.length === 0 ? [] : [{ label: 'no other run', run: () => draw(act, []) }]),
  ];
}

function optionOf(act: Act, { name, path, model, best }: RunReport): PickOption {
  const drawn = act.state.others.map(pathOf).flatMap((other) => other ?? []);
  const there = drawn.includes(path);
  const more = [...drawn, path].slice(-MOST_OTHERS); // one too many takes the place of the first
  return {
    label: `${there ? '✓ ' : ''}${name}, ${model}`,
    hint: best === null ? '' : percent(best.acc),
    run: () => draw(act, there ? drawn.filter((other) => other !== path) : more),
  };
}

function draw(act: Act, paths: readonly string[]): void {
  try {
    const others = paths.map((path) => readRunState(path));
    act.set({ others });
    const names = others.map(({ start }) => start?.run).join(' and ');
    act.note(names === '' ? 'this run alone' : `${names} over this run; o changes that`);
  } catch (error) {
    act.note(error instanceof Error ? error.message : String(error), 'bad');
  }
}
