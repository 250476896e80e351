import { type Importance, whyNoImportance } from '../study/importance.js';
import type { Capability } from '../tui/paint/capability.js';
import { bar } from '../tui/widgets.js';
import { percent } from '../util/axis.js';
import { counted } from '../util/counted.js';

/** Columns of the bar of a setting on which everything depends. */
const BAR = 24;

/** The importance of each setting as a bar, the most important first, or why it is not known. */
export function importanceText(importance: Importance | undefined, glyphs: Capability['glyphs']): string {
  const why = whyNoImportance(importance);
  if (importance === undefined || why !== undefined) return `importance of the settings: ${why}\n`;
  const { parameters, trials, epochs, explained } = importance;
  const width = Math.max(...parameters.map(({ name }) => name.length));
  const barOf = (share: number): string =>
    glyphs === 'ascii' ? '#'.repeat(Math.round(share * BAR)).padEnd(BAR) : bar(share, BAR);
  const lines = parameters.map(({ name, share, clear }) => {
    const line = `  ${name.padEnd(width)}  ${barOf(share)}  ${percent(share, 0).padStart(5)}`;
    return clear ? line : `${line}  no more than chance`;
  });
  const head = `importance of the settings: ${trials} trials after ${counted(epochs, 'epoch')}, ${percent(explained, 0)} of the variance explained`;
  return `${[head, ...lines].join('\n')}\n`;
}
