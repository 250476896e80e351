import { actionsOf } from './actions.js';
import type { Program } from './program.js';
import type { AnyScreen } from './screen_module.js';

/** Most bytes that are copied: terminals limit the length of the base64 text. */
const MOST = 74_000;

/**
 * The sequence that asks the terminal to put a text on the clipboard (OSC 52). It works over ssh too; terminals that do not know it, or
 * do not allow it, do nothing.
 */
export function clipboardSequence(text: string): string {
  return `\x1b]52;c;${Buffer.from(text, 'utf8').subarray(0, MOST).toString('base64')}\x07`;
}

/** Copies what the screen offers, or the text of the screen if it offers nothing now. */
export function copyFrom(program: Program): void {
  const { store, screens, host } = program;
  const { screen } = store.state;
  const act = actionsOf(program, screen);
  const copied = (screens.get(screen) as AnyScreen).copies?.(act) ?? {
    what: 'the text of the screen',
    text: host.text(),
  };
  host.copy(copied.text);
  const shown = copied.text.includes('\n') ? '' : `: ${copied.text}`;
  act.note(`${copied.what}, for the clipboard${shown}`, 'good');
}
