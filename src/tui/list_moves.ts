import type { Actions, Binding } from './screen_module.js';

const STEPS: Readonly<Record<string, number>> = {
  ...{ up: -1, down: 1, pageup: -10, pagedown: 10 },
  ...{ home: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY },
};

/**
 * The keys that move through a list: by one row, by ten, to its ends.
 * @param row what a row is: "run"
 * @param move moves so many rows: infinitely many go to an end
 */
export function moveBindings<S>(
  row: string,
  when: (act: Actions<S>) => boolean,
  move: (act: Actions<S>, rows: number) => void,
  hint = 'choose',
): readonly Binding<S>[] {
  const run = (act: Actions<S>, key: string): void => move(act, STEPS[key] as number);
  return [
    { keys: ['up', 'down'], hint, help: `Selects a ${row}`, when, run },
    { keys: ['pageup', 'pagedown'], help: `Moves ten ${row}s up or down`, when, run },
    { keys: ['home', 'end'], help: `Selects the first or last ${row}`, when, run },
  ];
}
