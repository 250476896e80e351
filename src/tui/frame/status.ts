import { actionsOf } from '../actions.js';
import type { AppState } from '../app_state.js';
import { keysLabel } from '../key_labels.js';
import { GLOBAL_KEYS } from '../keys.js';
import type { Program } from '../program.js';
import type { AnyScreen, Binding } from '../screen_module.js';
import { cut, widthOf } from '../text.js';
import { makeTheme } from '../theme.js';

/** The last two rows: the newest event or error, and the available keys. */
export function statusLines(app: AppState, program: Program): string[] {
  return [noteLine(app), hintLine(app, program)];
}

function noteLine({ note, size, capability }: AppState): string {
  if (note === undefined) return '';
  const theme = makeTheme(capability);
  const paint = { info: (text: string) => text, good: theme.good, bad: theme.bad }[note.kind];
  const sign = { info: '', good: '✓ ', bad: '✗ ' }[note.kind];
  return cut(paint(sign + note.text), size.cols);
}

/**
 * The hints of the screen's own keys, as many as there is room for, then those of the global keys: a newcomer needs most to know how
 * to find all keys and how to leave.
 */
function hintLine(app: AppState, program: Program): string {
  const theme = makeTheme(app.capability);
  const act = actionsOf(program, app.screen);
  const { keys, copies } = program.screens.get(app.screen) as AnyScreen;
  const active = keys.filter(({ when }) => when?.(act) ?? true);
  const own = active.toSorted((a, b) => Number(a.hintLast ?? false) - Number(b.hintLast ?? false));
  const hint = (binding: Pick<Binding<unknown>, 'keys' | 'hint'>): string[] =>
    binding.hint === undefined ? [] : [`${theme.key(keysLabel(binding))} ${binding.hint}`];
  const narrow = app.size.cols < 80;
  const always = GLOBAL_KEYS.flatMap(({ keys: own, hint: long, shortHint = long }) =>
    hint({ keys: own, ...(long !== undefined && { hint: narrow ? shortHint : long }) }),
  ).join(' · ');
  let room = app.size.cols - widthOf(always);
  const copied = copies?.(act);
  const copy = copied === undefined ? [] : [`${theme.key('y')} copies ${copied.what}`];
  const hints = [...own.flatMap(hint), ...copy];
  const end = hints.findIndex((text) => {
    room -= widthOf(text) + 3;
    return room < 0;
  });
  return cut([...(end < 0 ? hints : hints.slice(0, end)), always].join(' · '), app.size.cols);
}
