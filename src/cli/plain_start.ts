import { SCREEN_NAMES } from '../tui/app_state.js';
import { camelCase } from '../util/camel_case.js';
import { GLOBALS, type GlobalArgs } from './declarations/globals.js';
import { TUI, type TuiArgs } from './declarations/tui.js';

/**
 * The arguments of `fer-tui`, `fer-tui tui` and `fer-tui tui SCREEN`, as the parser would give them; undefined for any other
 * command line.
 * @param typed the words behind `fer-tui`
 */
export function plainStart(typed: readonly string[]): (TuiArgs & GlobalArgs) | undefined {
  const [command = 'tui', name, ...rest] = typed;
  const screen = SCREEN_NAMES.find((known) => known === name);
  if (command !== 'tui' || rest.length > 0 || screen !== name) return undefined;
  const defaults = Object.entries({ ...TUI.options, ...GLOBALS }).map(([option, declared]) => [
    camelCase(option),
    'default' in declared ? declared.default : undefined,
  ]);
  return { ...Object.fromEntries(defaults), screen };
}
