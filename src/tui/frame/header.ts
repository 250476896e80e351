import type { AppState } from '../app_state.js';
import type { ScreenMap } from '../program.js';
import { runTitle } from '../run_words.js';
import { hasTabRow, tabsOf } from '../tabs.js';
import { padTo, spread } from '../text.js';
import { makeTheme } from '../theme.js';

/** The title, with the run and the adapter, and the tabs. On narrow terminals, they share a row. */
export function headerLines(app: AppState, screens: ScreenMap): string[] {
  const theme = makeTheme(app.capability);
  const { cols } = app.size;
  const ownRow = hasTabRow(app);
  const parts = ownRow || app.run === undefined ? [theme.strong('fer-tui')] : [];
  if (app.run !== undefined) parts.push(...runTitle(app.run));
  if (app.machine.status === 'ready') parts.push(shortAdapter(app.machine.value.adapter));
  const title = parts.join(' │ ');
  const tabs = tabsOf(app, screens).map(({ name, text }) =>
    name === app.screen ? theme.selected(text) : text,
  );
  return ownRow
    ? [padTo(title, cols), padTo(tabs.join(''), cols)]
    : [spread(title, ` ${tabs.join(' ')}`, cols)];
}

/** An adapter's name without the versions in parentheses. */
function shortAdapter(name: string): string {
  return name.split(' (')[0] ?? name;
}
