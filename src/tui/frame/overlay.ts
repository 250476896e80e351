import type { Overlay as OverlayState, PickList, Prompt } from '../app_state.js';
import { pickedAt, pickedFrom, promptLine } from '../dialogs.js';
import { keysLabel } from '../key_labels.js';
import { GLOBAL_KEYS } from '../keys.js';
import { bodyOf, borders, type Rect, type Size, scrolled } from '../layout.js';
import { type Line, lineOf, visibleLine } from '../line_editor.js';
import type { Layer } from '../painter.js';
import type { Actions, AnyScreen, Binding, ScreenView } from '../screen_module.js';
import { cut, padTo, spread, widthOf, wrapped } from '../text.js';
import type { Theme } from '../theme.js';
import { listLine } from '../widgets.js';

export interface OverlayProps {
  readonly overlay: OverlayState;
  readonly module: AnyScreen;
  readonly view: ScreenView<unknown>;
}

interface OverlayPlace extends Contents {
  /** The frame, and the cells of the lines inside it. */
  readonly at: Rect;
  readonly place: Rect;
  /** How many lines are scrolled away. */
  readonly scroll: number;
}

/** Where an overlay is, and what it says. */
export function overlayAt(props: OverlayProps, act: Actions<unknown>): OverlayPlace {
  const { overlay, view } = props;
  const body = bodyOf(view.app.size);
  const width = Math.min(body.cols - 2, 76);
  const contents = contentsOf(props, act, { cols: width - 4, rows: body.rows });
  const { lines } = contents;
  const height = Math.min(body.rows, lines.length + 3);
  const at: Rect = {
    x: body.x + ((body.cols - width) >> 1),
    y: body.y + ((body.rows - height) >> 1),
    cols: width,
    rows: height,
  };
  const place = { x: at.x + 2, y: at.y + 1, cols: width - 4, rows: height - 3 };
  const scroll = 'scroll' in overlay ? Math.min(overlay.scroll, Math.max(0, lines.length - place.rows)) : 0;
  return { ...contents, at, place, scroll };
}

/** The dialog in the middle of the body: help, an explanation, a question or a prompt. */
export function overlayLayer(props: OverlayProps, act: Actions<unknown>): Layer {
  const { theme } = props.view;
  const { title, lines, foot, at, place, scroll } = overlayAt(props, act);
  const { cols: width, rows: height } = at;
  const room = place.rows;
  const more = lines.length > room ? `${foot} · ↑↓ scrolls (${scroll + room} of ${lines.length})` : foot;
  const frame = borders([{ x: 0, y: 0, cols: width, rows: height }], at);
  const inner = [...lines.slice(scroll, scroll + room), theme.dim(more)].map(
    (line) => ` ${padTo(line, width - 4)} `,
  );
  const heading = cut(` ${title} `, width - 4);
  return {
    above: true,
    pieces: [
      { at, lines: frame.map(theme.borderFocused) },
      { at: { ...at, x: at.x + 2, rows: 1, cols: widthOf(heading) }, lines: [heading] },
      { at: { x: at.x + 1, y: at.y + 1, cols: width - 2, rows: inner.length }, lines: inner },
    ],
  };
}

interface Contents {
  readonly title: string;
  readonly lines: readonly string[];
  /** The line below: the keys that work in the dialog. */
  readonly foot: string;
}

function contentsOf(
  { overlay, module, view }: OverlayProps,
  act: Actions<unknown>,
  { cols, rows }: Size,
): Contents {
  const { theme } = view;
  switch (overlay.kind) {
    case 'help': {
      const row = (binding: { keys: readonly string[]; help: string }): string[] =>
        wrapped(binding.help, cols - 10).map(
          (line, i) => `${padTo(i === 0 ? keysLabel(binding) : '', 9)} ${line}`,
        );
      const works = (binding: Binding<unknown>): boolean => binding.when?.(act) ?? true;
      const own = module.keys.filter(works).flatMap(row);
      const other = module.keys.filter((binding) => !works(binding)).flatMap(row);
      const lines = [
        ...(own.length > 0 ? [theme.strong(module.title), ...own, ''] : []),
        theme.strong('Everywhere'),
        ...GLOBAL_KEYS.flatMap(row),
        ...(other.length > 0
          ? ['', theme.strong(`${module.title}, at other times`), ...other.map(theme.dim)]
          : []),
      ];
      return { title: 'keys', lines, foot: 'any key closes' };
    }
    case 'info': {
      const paragraphs = module.explain(view).flatMap((text) => [...wrapped(text, cols), '']);
      const title = `what am I seeing? · ${module.title}`;
      return { title, lines: paragraphs.slice(0, -1), foot: 'any key closes' };
    }
    case 'question': {
      const lines = overlay.lines.flatMap((text) => wrapped(text, cols));
      const choices = overlay.choices.map(({ key, label }) => `${theme.key(key)}  ${label}`);
      return { title: overlay.title, lines: [...lines, '', ...choices], foot: 'Esc cancels' };
    }
    case 'pick':
      return pickContents(overlay, cols, rows, theme);
    case 'prompt':
      return promptContents(overlay, cols, theme);
  }
}

/** A list to choose from, with as many options as there is room for. */
function pickContents(pick: PickList, cols: number, rows: number, theme: Theme): Contents {
  const help = wrapped(pick.help, cols);
  const options = pickedFrom(pick);
  const at = pickedAt(pick);
  const [first, count] = scrolled(Math.max(1, rows - help.length - 4), options.length, at);
  const shown = options
    .slice(first, first + count)
    .map(({ label, hint = '' }, i) => listLine(spread(` ${label}`, hint, cols - 1), first + i === at, theme));
  const none = options.length === 0 ? [theme.dim('no option contains this')] : [];
  const lines = [...help, inputLine(pick.line ?? lineOf(''), cols, theme), ...shown, ...none];
  const moves = options.length > count ? `${at + 1}/${options.length}` : 'choose';
  return { title: pick.title, lines, foot: `↑↓ ${moves} · Enter accepts · Esc cancels · text filters` };
}

function promptContents(prompt: Prompt, cols: number, theme: Theme): Contents {
  const error = prompt.error === undefined ? [] : wrapped(`✗ ${prompt.error}`, cols).map(theme.bad);
  const offers = prompt.offers ?? [];
  const shown = offers.slice(0, OFFERS).map((path) => theme.dim(cut(`  ${path}`, cols)));
  const more = offers.length > OFFERS ? [theme.dim(`  and ${offers.length - OFFERS} more`)] : [];
  const lines = [
    ...wrapped(prompt.help, cols),
    inputLine(promptLine(prompt), cols, theme),
    ...shown,
    ...more,
    ...error,
  ];
  const keys = ['Enter accepts', 'Esc cancels'];
  if (prompt.paths) keys.push('Tab completes');
  if (prompt.paths || prompt.history !== undefined) keys.push('↑ older');
  return { title: prompt.title, lines, foot: keys.join(' · ') };
}

/** Most completions of a path that are listed. */
const OFFERS = 8;

/** The line that is edited. A value that the next letter replaces is shown as selected. */
function inputLine(line: Line, cols: number, theme: Theme): string {
  const { before, under, behind } = visibleLine(line, cols - 2);
  const text = line.fresh && before !== '' ? theme.selected(before) : before;
  return `> ${text}${theme.cursor(under)}${behind}`;
}
