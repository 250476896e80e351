import { Text } from 'ink';
import { viewOf } from '../actions.js';
import type { AppState } from '../app_state.js';
import { bodyOf, borders } from '../layout.js';
import { panelsOf } from '../panels.js';
import type { ScreenMap } from '../program.js';
import type { AnyScreen } from '../screen_module.js';
import { makeTheme } from '../theme.js';
import { useAppState, useProgram } from './hooks.js';
import { Overlay } from './overlay.js';
import { Panel } from './panel.js';

/** The current screen: borders, panels, and the overlay if one is open. */
export function Body() {
  return (
    <>
      <Borders />
      <Panels />
    </>
  );
}

/** The borders of all panels. They are drawn together because neighbours share a line, which Ink's boxes cannot do. */
function Borders() {
  const { screens } = useProgram();
  return <Text>{useAppState((app) => borderText(app, screens))}</Text>;
}

/** The panels and the overlay. They render with every change of the state, but bypass Ink. */
function Panels() {
  const { screens } = useProgram();
  const app = useAppState((state) => state);
  const module = moduleOf(app, screens);
  const view = viewOf(app, module);
  return (
    <>
      {panelsOf(module, view).map((panel) => (
        <Panel key={`${app.screen}.${panel.spec.id}`} {...panel} />
      ))}
      {app.overlay !== undefined && <Overlay overlay={app.overlay} module={module} view={view} />}
    </>
  );
}

function borderText(app: AppState, screens: ScreenMap): string {
  const theme = makeTheme(app.capability);
  const body = bodyOf(app.size);
  const module = moduleOf(app, screens);
  const rects = panelsOf(module, viewOf(app, module)).map(({ at }) => ({
    ...at,
    x: at.x - body.x,
    y: at.y - body.y,
  }));
  return borders(rects, body)
    .map((line) => (line.trim() === '' ? line : theme.border(line)))
    .join('\n');
}

function moduleOf(app: AppState, screens: ScreenMap): AnyScreen {
  return screens.get(app.screen) as AnyScreen;
}
