import { viewOf } from '../actions.js';
import { type AppState, SCREEN_NAMES } from '../app_state.js';
import type { ScreenMap } from '../program.js';
import type { AnyScreen } from '../screen_module.js';
import { cut } from '../text.js';

/** At most three lines, for terminals that are too small for a panel. */
export function summaryLines(app: AppState, screens: ScreenMap): string[] {
  const module = screens.get(app.screen) as AnyScreen;
  const { cols, rows } = app.size;
  const summary = module.summary(viewOf(app, module));
  const lines = [
    `fer-tui ${module.title}`,
    summary,
    app.note?.text ?? `q quit · 1-${SCREEN_NAMES.length} screens`,
  ];
  return lines.slice(0, rows).map((line) => cut(line, cols));
}
