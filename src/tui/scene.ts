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
import { asciiOf, cut, padTo, spread } from './text.js';
import { makeTheme, type Theme } from './theme.js';

/** A whole frame. */
export interface Scene {
  readonly pieces: readonly Piece[];
  /** In cells of the terminal. */
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
  if (sizeClass(size) === 'text') return asScene(app, smallScene(module, view));
  const body = bodyOf(size);
  const panels = placedPanels(module, view, body);
  const pieces: Piece[] = [
    { key: 'head', at: { x: 0, y: 0, cols: size.cols, rows: body.y }, lines: headLines(view, screens) },
    ...panelPieces(panels, body, theme),
    {
      key: 'foot',
      at: { x: 0, y: size.rows - 2, cols: size.cols, rows: 2 },
      lines: [noteLine(view), hintLine(view, module, actionsFor(app.screen))],
    },
  ];
  if (app.overlay !== undefined) {
    const act = actionsFor(app.screen);
    return asScene(app, [...pieces, ...overlayBox(app.overlay, { body, module, view, act })]);
  }
  const pictures = panels.flatMap(({ spec, place, view: own }) =>
    (spec.pictures?.(own) ?? []).map((picture) => ({
      ...picture,
      x: picture.x + place.x,
      y: picture.y + place.y,
    })),
  );
  return asScene(app, pieces, pictures);
}

function asScene({ capability }: AppState, pieces: Piece[], pictures: PlacedPicture[] = []): Scene {
  if (capability.glyphs === 'unicode') return { pieces, pictures };
  return { pieces: pieces.map((piece) => ({ ...piece, lines: piece.lines.map(asciiOf) })), pictures };
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

function panelPieces(panels: readonly Placed[], body: Rect, theme: Theme): Piece[] {
  const relative = panels.map(({ at }) => ({ ...at, x: at.x - body.x, y: at.y - body.y }));
  const grid = borders(relative, body).map((line) => (line.trim() === '' ? line : theme.border(line)));
  const pieces: Piece[] = [{ key: 'borders', at: body, lines: grid }];
  for (const { spec, at, place, view } of panels) {
    const { id } = spec;
    const room = Math.max(0, at.cols - 4);
    const focused = view.focus === id && panels.length > 1;
    const name = cut(`${focused ? '▸' : ''}${spec.title(view)}`, room - 2);
    const title = focused ? theme.borderFocused(` ${name} `) : ` ${name} `;
    pieces.push({ key: `${id}.title`, at: { ...at, x: at.x + 2, cols: room, rows: 1 }, lines: [title] });
    const lines = spec
      .lines(view)
      .slice(0, view.rows)
      .map((line) => cut(line, view.cols));
    pieces.push({ key: id, at: { ...place, rows: lines.length }, lines });
  }
  return pieces;
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
