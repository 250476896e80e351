import { focusOf, ownState, type ScreenMap } from './actions.js';
import { type AppState, SCREEN_NAMES } from './app_state.js';
import { GLOBAL_KEYS, keysLabel, singlePanel } from './keys.js';
import { bodyOf, borders, inside, type Piece, type Rect, sizeClass } from './layout.js';
import { overlayBox } from './overlays.js';
import { runTitle } from './run_words.js';
import type {
  Actions,
  AnyScreen,
  Binding,
  PanelSpec,
  PanelView,
  PlacedPicture,
  ScreenView,
} from './screen_module.js';
import { asciiOf, cut, padTo, spread, widthOf } from './text.js';
import { makeTheme, type Theme } from './theme.js';

/** A whole frame. */
export interface Scene {
  /** Header, borders, hints. */
  readonly frame: readonly Piece[];
  /** What lies over the frame: titles and contents of panels, what is open above them. */
  readonly over: readonly Piece[];
  /** Over everything; in cells of the terminal. */
  readonly pictures: readonly PlacedPicture[];
}

/** Everything that is seen, from the state alone. `actionsFor` tells which keys work now. */
export function sceneOf(
  app: AppState,
  screens: ScreenMap,
  actionsFor: (name: AppState['screen']) => Actions<unknown>,
): Scene {
  const theme = makeTheme(app.capability);
  const module = screens.get(app.screen) as AnyScreen;
  const view: ScreenView<unknown> = {
    state: ownState(app, module),
    app,
    theme,
    capability: app.capability,
    now: app.now,
    focus: focusOf(app, module),
  };
  const { size } = app;
  if (sizeClass(size) === 'text') return asScene(app, smallScene(module, view), []);
  const body = bodyOf(size);
  const panels = placedPanels(module, view, body);
  const frame: Piece[] = [
    { key: 'head', at: { x: 0, y: 0, cols: size.cols, rows: body.y }, lines: headLines(view, screens) },
    { key: 'borders', at: body, lines: borderLines(panels, body, theme) },
    {
      key: 'foot',
      at: { x: 0, y: size.rows - 2, cols: size.cols, rows: 2 },
      lines: [noteLine(view), hintLine(view, module, actionsFor(app.screen))],
    },
  ];
  const over = panels.flatMap((panel) => panelPieces(panel, panels.length > 1));
  if (app.overlay !== undefined) {
    const act = actionsFor(app.screen);
    return asScene(app, frame, [...over, ...overlayBox(app.overlay, { body, module, view, act })]);
  }
  const pictures = panels.flatMap(({ spec, place, view: own }) =>
    (spec.pictures?.(own) ?? []).map((picture) => ({
      ...picture,
      x: picture.x + place.x,
      y: picture.y + place.y,
    })),
  );
  return asScene(app, frame, over, pictures);
}

function asScene(
  { capability }: AppState,
  frame: Piece[],
  over: Piece[],
  pictures: PlacedPicture[] = [],
): Scene {
  if (capability.glyphs === 'unicode') return { frame, over, pictures };
  const ascii = (piece: Piece): Piece => ({ ...piece, lines: piece.lines.map(asciiOf) });
  return { frame: frame.map(ascii), over: over.map(ascii), pictures };
}

/** Three lines, for terminals that are smaller than any panel. */
function smallScene(module: AnyScreen, view: ScreenView<unknown>): Piece[] {
  const { app } = view;
  const { cols, rows } = app.size;
  const lines = [`fer-tui ${module.title}`, module.summary(view), app.note?.text ?? 'q quit · 1-7 screens'];
  const shown = lines.slice(0, rows).map((line) => cut(line, cols));
  return [{ key: 'small', at: { x: 0, y: 0, cols, rows: shown.length }, lines: shown }];
}

interface Placed {
  readonly spec: PanelSpec<unknown>;
  readonly at: Rect;
  /** Of its lines. */
  readonly place: Rect;
  readonly view: PanelView<unknown>;
}

function placedPanels(module: AnyScreen, view: ScreenView<unknown>, body: Rect): Placed[] {
  const rects = singlePanel(view.app) ? { [view.focus]: body } : module.layout(body, view);
  return module.panels.flatMap((spec) => {
    const at = rects[spec.id];
    if (at === undefined || !(spec.when?.(view) ?? true)) return [];
    const place = inside(at, spec.flush === true ? 0 : 1);
    return [{ spec, at, place, view: { ...view, cols: place.cols, rows: place.rows } }];
  });
}

function borderLines(panels: readonly Placed[], body: Rect, theme: Theme): string[] {
  const relative = panels.map(({ at }) => ({ ...at, x: at.x - body.x, y: at.y - body.y }));
  return borders(relative, body).map((line) => (line.trim() === '' ? line : theme.border(line)));
}

function panelPieces({ spec, at, place, view }: Placed, several: boolean): Piece[] {
  const focused = several && view.focus === spec.id;
  const name = ` ${cut(`${focused ? '▸' : ''}${spec.title(view)}`, Math.max(0, at.cols - 6))} `;
  const title = focused ? view.theme.borderFocused(name) : name;
  const lines = spec.lines(view).slice(0, view.rows);
  return [
    { key: `${spec.id}.title`, at: { x: at.x + 2, y: at.y, cols: widthOf(name), rows: 1 }, lines: [title] },
    { key: spec.id, at: place, lines: lines.map((line) => cut(line, view.cols)) },
  ];
}

function headLines(view: ScreenView<unknown>, screens: ScreenMap): string[] {
  const { app, theme } = view;
  const { cols } = app.size;
  const parts = [theme.strong('fer-tui')];
  if (app.run !== undefined) parts.push(...runTitle(app.run));
  if (app.machine.status === 'ready') parts.push(shortAdapter(app.machine.value.adapter));
  const title = parts.join(' │ ');
  const tabs = SCREEN_NAMES.flatMap((name, i) => {
    const module = screens.get(name);
    if (module === undefined) return [];
    const text = `${i + 1} ${module.title}`;
    return [name === app.screen ? theme.selected(`▸${text} `) : ` ${text} `];
  }).join('');
  if (['wide', 'standard'].includes(sizeClass(app.size))) return [padTo(title, cols), padTo(tabs, cols)];
  const here = `${SCREEN_NAMES.indexOf(app.screen) + 1} ${screens.get(app.screen)?.title ?? ''}`;
  return [spread(title, theme.selected(` ${here} `), cols)];
}

/** Without what stands in brackets: versions of compilers. */
function shortAdapter(name: string): string {
  return name.split(' (')[0] ?? name;
}

function noteLine({ app, theme }: ScreenView<unknown>): string {
  const { note, size } = app;
  if (note === undefined) return '';
  const paint = { info: (text: string) => text, good: theme.good, bad: theme.bad }[note.kind];
  const sign = { info: '', good: '✓ ', bad: '✗ ' }[note.kind];
  return cut(paint(sign + note.text), size.cols);
}

/** The screen's keys that work now, then the global ones that have room. */
function hintLine({ app, theme }: ScreenView<unknown>, module: AnyScreen, act: Actions<unknown>): string {
  const own = module.keys.filter(({ hint, when }) => hint !== undefined && (when?.(act) ?? true));
  const all: Pick<Binding<never>, 'keys' | 'hint'>[] = [
    ...own,
    ...GLOBAL_KEYS.filter(({ hint }) => hint !== undefined),
  ];
  const text = all.map((binding) => `${theme.key(keysLabel(binding))} ${binding.hint}`).join(' · ');
  return cut(text, app.size.cols);
}
