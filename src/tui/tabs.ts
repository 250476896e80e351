import { type AppState, SCREEN_NAMES, type ScreenName } from './app_state.js';
import { sizeClass } from './layout.js';
import type { ScreenMap } from './program.js';
import { widthOf } from './text.js';

/** A tab in the header: its text, and its cells. */
export interface Tab {
  readonly name: ScreenName;
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

/** Whether the tabs have a row of their own. */
export const hasTabRow = (app: AppState): boolean => ['wide', 'standard'].includes(sizeClass(app.size));

/** The tabs from left to right. Narrow terminals show numbers, and the name of the screen that is shown; the smallest only that. */
export function tabsOf(app: AppState, screens: ScreenMap): Tab[] {
  const { cols } = app.size;
  const known = SCREEN_NAMES.flatMap((name, i) => {
    const title = screens.get(name)?.title;
    return title === undefined ? [] : [{ name, number: i + 1, title, sign: name === app.screen ? '▸' : ' ' }];
  });
  if (hasTabRow(app)) {
    const texts = (gap: string): string[] =>
      known.map(({ number, title, sign }) => `${sign}${number} ${title}${gap}`);
    const spaced = texts(' ');
    const fits = widthOf(spaced.join('')) <= cols;
    return placed(known, fits ? spaced : texts(''), 0, 1);
  }
  const shown = known.filter(({ name }) => name === app.screen || cols >= 60);
  const texts = shown.map(({ name, number, title }) =>
    name === app.screen ? `▸${number} ${title} ` : String(number),
  );
  // A blank between them; the row ends with the last one.
  const width = widthOf(texts.join(' '));
  return placed(shown, texts, cols - width, 0, 1);
}

function placed(
  known: readonly { readonly name: ScreenName }[],
  texts: readonly string[],
  from: number,
  y: number,
  gap = 0,
): Tab[] {
  let x = from;
  return known.map(({ name }, i) => {
    const tab = { name, text: texts[i] ?? '', x, y };
    x += widthOf(tab.text) + gap;
    return tab;
  });
}
