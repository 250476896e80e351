import { actionsOf, openScreen, viewOf } from './actions.js';
import { pickedAt, pickedFrom } from './dialogs.js';
import { overlayAt } from './frame/overlay.js';
import type { Key } from './input.js';
import { handleKey } from './keys.js';
import type { Rect } from './layout.js';
import { contentOf, panelsOf, type ShownPanel } from './panels.js';
import type { Program } from './program.js';
import type { AnyScreen } from './screen_module.js';
import { tabsOf } from './tabs.js';
import { plain, widthOf } from './text.js';

/** The mouse: a click opens a tab, gives a panel the focus, selects a row or a cell, or chooses; the wheel is the arrow keys. */

/** Rows that the wheel moves by. */
const WHEEL_ROWS = 3;

interface Cell {
  readonly x: number;
  readonly y: number;
}

/** Handles a key that comes from the mouse. Returns false for other keys. */
export function handleMouse(program: Program, { name, at }: Key): boolean {
  if (at === undefined) return false;
  const { overlay } = program.store.state;
  if (name === 'click') {
    if (overlay === undefined) clickScreen(program, at);
    else clickOverlay(program, at);
  } else turnWheel(program, name === 'wheelup' ? 0 : 1, at);
  program.store.flush();
  return true;
}

const press = (program: Program, name: string): void => handleKey(program, { name, text: '' });

const moduleOf = ({ store, screens }: Program): AnyScreen => screens.get(store.state.screen) as AnyScreen;

const contains = ({ x, y, cols, rows }: Rect, at: Cell): boolean =>
  at.x >= x && at.x < x + cols && at.y >= y && at.y < y + rows;

function panelAt(program: Program, at: Cell): ShownPanel | undefined {
  const module = moduleOf(program);
  // Of two panels that share a border, the title there is that of the lower one.
  return panelsOf(module, viewOf(program.store.state, module)).findLast((panel) => contains(panel.at, at));
}

function focusOn({ store }: Program, { spec }: ShownPanel): void {
  const { focus, screen } = store.state;
  store.set({ focus: { ...focus, [screen]: spec.id } });
}

function clickScreen(program: Program, at: Cell): void {
  const { store, screens } = program;
  const tab = tabsOf(store.state, screens).find(
    ({ x, y, text }) => at.y === y && at.x >= x && at.x < x + widthOf(text),
  );
  if (tab !== undefined) {
    openScreen(program, tab.name);
    return;
  }
  const before = panelAt(program, at);
  if (before === undefined) return;
  focusOn(program, before);
  const panel = panelAt(program, at); // some panels are larger with the focus
  if (panel !== undefined) clickPanel(program, panel, at);
}

function clickPanel(program: Program, panel: ShownPanel, at: Cell): void {
  const { spec } = panel;
  const { place, own } = contentOf(panel);
  if (!contains(place, at)) return;
  const act = actionsOf(program, program.store.state.screen);
  const row = at.y - place.y;
  if (spec.press !== undefined) spec.press(act, own, { col: at.x - place.x, row });
  const { list } = spec;
  if (list === undefined || !list.when(act)) return;
  const lines = spec.lines(own);
  const marked = markedRow(lines);
  if (marked < 0) return;
  if (row === marked) {
    press(program, 'enter');
    return;
  }
  const to = list.onLine === undefined ? list.at(act) + row - marked : list.onLine(own, row);
  if (to === undefined || to < 0 || to >= list.rows(act).length) return;
  // A line may be none of the list, such as a heading.
  const { screens } = program.store.state;
  list.go(act, to);
  const after = panelAt(program, at);
  const now = after && contentOf(after).own;
  if (now === undefined || !isSameRow(lines[row], spec.lines(now).find(isMarked)))
    program.store.set({ screens });
}

const isMarked = (line: string): boolean => plain(line).startsWith('▸');

/** Whether two lines are of one row, which the mark may have moved or cut by a letter or two. */
function isSameRow(line = '', selected = ''): boolean {
  const [a, b] = [line, selected].map((text) => plain(text).replace(/^▸/, '').trim().replace(/…$/, '')) as [
    string,
    string,
  ];
  const short = Math.min(a.length, b.length) - (a.length === b.length ? 0 : 2);
  return short > 0 && a.slice(0, short) === b.slice(0, short);
}

/** The line of a list that is selected. */
const markedRow = (lines: readonly string[]): number => lines.findIndex(isMarked);

/** A click on a choice or an option takes it; elsewhere it does nothing. */
function clickOverlay(program: Program, at: Cell): void {
  const { overlay } = program.store.state;
  const module = moduleOf(program);
  const view = viewOf(program.store.state, module);
  if (overlay === undefined) return;
  const act = actionsOf(program, module.name);
  const { place, lines } = overlayAt({ overlay, module, view }, act);
  if (!contains(place, at)) return;
  const row = at.y - place.y;
  if (overlay.kind === 'question') {
    const choice = overlay.choices[row - (lines.length - overlay.choices.length)];
    if (choice !== undefined) press(program, choice.key);
  } else if (overlay.kind === 'pick') {
    const marked = markedRow(lines);
    const first = lines.findIndex((line) => plain(line).startsWith('> ')) + 1;
    const selected = pickedAt(overlay) + row - marked;
    if (marked < 0 || row < first || row >= lines.length || selected >= pickedFrom(overlay).length) return;
    program.store.set({ overlay: { ...overlay, selected } });
    press(program, 'enter');
  }
}

function turnWheel(program: Program, way: 0 | 1, at: Cell): void {
  const arrow = way === 0 ? 'up' : 'down';
  const { overlay } = program.store.state;
  if (overlay !== undefined) {
    // Another key would close a text; in a line of text the arrows are the history.
    if (overlay.kind === 'help' || overlay.kind === 'info')
      for (let i = 0; i < WHEEL_ROWS; i++) press(program, arrow);
    else if (overlay.kind === 'pick') press(program, arrow);
    return;
  }
  const panel = panelAt(program, at);
  if (panel === undefined) return;
  focusOn(program, panel);
  const own = panel.spec.wheel?.[way];
  if (own !== undefined) press(program, own);
  else for (let i = 0; i < WHEEL_ROWS; i++) press(program, arrow);
}
