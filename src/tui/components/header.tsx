import { Text } from 'ink';
import { type AppState, SCREEN_NAMES } from '../app_state.js';
import { sizeClass } from '../layout.js';
import type { ScreenMap } from '../program.js';
import { runTitle } from '../run_words.js';
import { padTo, spread, widthOf } from '../text.js';
import { makeTheme } from '../theme.js';
import { useAppState, useProgram } from './hooks.js';

/** The title, with the run and the adapter, and the tabs. On narrow terminals, they share a row. */
export function Header() {
  const { screens } = useProgram();
  return <Text wrap="truncate-end">{useAppState((app) => headerLines(app, screens).join('\n'))}</Text>;
}

function headerLines(app: AppState, screens: ScreenMap): string[] {
  const theme = makeTheme(app.capability);
  const { cols } = app.size;
  const roomy = ['wide', 'standard'].includes(sizeClass(app.size));
  const parts = roomy || app.run === undefined ? [theme.strong('fer-tui')] : [];
  if (app.run !== undefined) parts.push(...runTitle(app.run));
  if (app.machine.status === 'ready') parts.push(shortAdapter(app.machine.value.adapter));
  const title = parts.join(' │ ');
  const tabs = (gap: string): string =>
    SCREEN_NAMES.flatMap((name, i) => {
      const module = screens.get(name);
      if (module === undefined) return [];
      const text = `${i + 1} ${module.title}${gap}`;
      return [name === app.screen ? theme.selected(`▸${text}`) : ` ${text}`];
    }).join('');
  if (roomy) {
    const spaced = tabs(' ');
    return [padTo(title, cols), padTo(widthOf(spaced) <= cols ? spaced : tabs(''), cols)];
  }
  // The numbers of all screens, where there is room, and the name of the one shown.
  const shown = SCREEN_NAMES.flatMap((name, i) => {
    const here = theme.selected(`▸${i + 1} ${screens.get(name)?.title ?? ''} `);
    return name === app.screen ? [here] : cols < 60 ? [] : [String(i + 1)];
  });
  return [spread(title, ` ${shown.join(' ')}`, cols)];
}

/** An adapter's name without the versions in parentheses. */
function shortAdapter(name: string): string {
  return name.split(' (')[0] ?? name;
}
