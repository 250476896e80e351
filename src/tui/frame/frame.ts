import { actionsOf, viewOf } from '../actions.js';
import type { AppState } from '../app_state.js';
import { bodyOf, borders, sizeClass } from '../layout.js';
import type { Layer } from '../painter.js';
import { panelsOf } from '../panels.js';
import type { Program, ScreenMap } from '../program.js';
import type { AnyScreen } from '../screen_module.js';
import { makeTheme } from '../theme.js';
import { headerLines } from './header.js';
import { overlayLayer } from './overlay.js';
import { panelId, panelLayer } from './panel.js';
import { statusLines } from './status.js';
import { summaryLines } from './summary.js';

/** What is on the screen, as a function of the state: rows of text, and the layers over them. */

/** Whether the terminal is too small for panels. */
export const isTiny = (app: AppState): boolean => sizeClass(app.size) === 'text';

export function moduleOf(app: AppState, screens: ScreenMap): AnyScreen {
  return screens.get(app.screen) as AnyScreen;
}

/** The borders of all panels. They are drawn together because neighbours share a line. */
export function borderLines(app: AppState, screens: ScreenMap): string[] {
  const theme = makeTheme(app.capability);
  const body = bodyOf(app.size);
  const module = moduleOf(app, screens);
  const rects = panelsOf(module, viewOf(app, module)).map(({ at }) => ({
    ...at,
    x: at.x - body.x,
    y: at.y - body.y,
  }));
  return borders(rects, body).map((line) => (line.trim() === '' ? line : theme.border(line)));
}

/** The rows under the layers. */
export function frameLines(app: AppState, program: Program): string[] {
  const { screens } = program;
  return isTiny(app)
    ? summaryLines(app, screens)
    : [...headerLines(app, screens), ...borderLines(app, screens), ...statusLines(app, program)];
}

/** The panels of the screen that is shown and the overlay, if one is open, by ids that are unique among the layers. */
export function layersOf(app: AppState, program: Program): Map<string, Layer> {
  if (isTiny(app)) return new Map();
  const module = moduleOf(app, program.screens);
  const view = viewOf(app, module);
  const layers = new Map(panelsOf(module, view).map((panel) => [panelId(panel), panelLayer(panel)]));
  const { overlay } = app;
  if (overlay !== undefined)
    layers.set('overlay', overlayLayer({ overlay, module, view }, actionsOf(program, module.name)));
  return layers;
}
