import type { ShaderFile } from '../engine/requests.js';
import { formulaLines, isFormula } from '../gpu/shader_formula.js';
import type { Actions, Binding, PanelView, Scroll, SearchedList } from './screen_module.js';

/** A viewer of shader files. It shows one file at a time. */
export interface SourceView {
  readonly files: readonly ShaderFile[];
  readonly file: number;
  /** Index of the first visible line. */
  readonly scroll: number;
  /** Index of the line that a search found last. */
  readonly found?: number | undefined;
}

/** How many lines are visible above a formula that the viewer goes to. */
const LINES_ABOVE = 3;

/** A viewer of the first file: at its start, or at the formula of the first entry point in use that has one. */
export function sourceOf(
  files: readonly ShaderFile[],
  { at = 'start' }: { at?: 'start' | 'formula' } = {},
): SourceView {
  const { entries, text } = files[0] ?? { entries: [], text: '' };
  const formula = at === 'start' ? undefined : entries.flatMap((entry) => formulaLines(text, entry))[0];
  return { files, file: 0, scroll: formula === undefined ? 0 : showing(formula) };
}

export function sourceTitle({ files, file, scroll }: SourceView): string {
  const shown = files[file];
  if (shown === undefined) return 'source';
  const which = files.length > 1 ? ` · ${file + 1} of ${files.length} (←→)` : '';
  return `shaders/${shown.name}.wgsl${which} · line ${scroll + 1} of ${linesOf(shown).length}`;
}

/** The first visible line of the file that is shown. */
export function sourceScroll({ files, file, scroll }: SourceView): Scroll {
  const shown = files[file];
  return { at: scroll, of: shown === undefined ? 0 : linesOf(shown).length };
}

/** The visible lines, with numbers. ▸ marks the entry points that run, = formulas, / what was found; comments are dim. */
export function sourceLines(
  { files, file, scroll, found }: SourceView,
  { rows, cols, theme }: Pick<PanelView<unknown>, 'rows' | 'cols' | 'theme'>,
): string[] {
  const shown = files[file];
  if (shown === undefined) return ['no kernel of its own'];
  return linesOf(shown)
    .slice(scroll, scroll + rows)
    .flatMap((line, i) => {
      const entry = /^fn (\w+)\(/.exec(line)?.[1] ?? '';
      const here = scroll + i === found;
      const sign = here ? '/' : shown.entries.includes(entry) ? '▸' : isFormula(line) ? '=' : ' ';
      const paint = here
        ? theme.selected
        : sign !== ' '
          ? theme.strong
          : line.startsWith('//')
            ? theme.dim
            : (text: string) => text;
      return folded(line, Math.max(20, cols - 6)).map((part, k) => {
        const number = k === 0 ? String(scroll + i + 1) : '';
        return `${theme.dim(number.padStart(4))}${k === 0 ? sign : ' '}${paint(part)}`;
      });
    });
}

/** Wraps a line of code. Continuation lines are indented. */
function folded(line: string, cols: number): string[] {
  const parts: string[] = [];
  let rest = line;
  while (rest.length > cols) {
    const space = rest.lastIndexOf(' ', cols);
    const end = space > cols / 2 ? space : cols;
    parts.push(rest.slice(0, end));
    rest = `    ${rest.slice(end).trimStart()}`;
  }
  return [...parts, rest];
}

/** Returns the viewer after a key: left and right change the file, f goes to the next formula, the other keys scroll. */
export function sourceAfter(view: SourceView, key: string): SourceView {
  const { files, file, scroll } = view;
  if (key === 'left' || key === 'right') {
    const next = (file + (key === 'left' ? files.length - 1 : 1)) % Math.max(1, files.length);
    return { ...view, file: next, scroll: 0, found: undefined };
  }
  const shown = files[file];
  const lines = shown === undefined ? [] : linesOf(shown);
  if (key === 'f') return { ...view, scroll: nextFormula(lines, scroll), found: undefined };
  const last = Math.max(0, lines.length - 1);
  const steps: Readonly<Record<string, number>> = { up: -1, down: 1, pageup: -20, pagedown: 20 };
  const to = key === 'home' ? 0 : key === 'end' ? last - 10 : scroll + (steps[key] ?? 0);
  return { ...view, scroll: Math.max(0, Math.min(last, to)), found: undefined };
}

/** Where the next formula is visible; after the last one, the first. Successive marked lines are one formula. */
function nextFormula(lines: readonly string[], scroll: number): number {
  const stops = lines.flatMap((line, i) =>
    isFormula(line) && !isFormula(lines[i - 1] ?? '') ? [showing(i)] : [],
  );
  return stops.find((stop) => stop > scroll) ?? stops[0] ?? scroll;
}

/** The first visible line where line `i` has a few lines above it. */
function showing(i: number): number {
  return Math.max(0, i - LINES_ABOVE);
}

/** A viewer in a screen. */
export interface SourcePlace<S> {
  /** The viewer that the screen shows, if it does. */
  viewOf(state: S): SourceView | undefined;
  /** Replaces it. */
  show(act: Actions<S>, view: SourceView): void;
}

/** The keys of a viewer in a screen. */
export function sourceBindings<S>({ viewOf, show }: SourcePlace<S>): Binding<S>[] {
  const shared = {
    when: ({ state }: Pick<Actions<S>, 'state'>) => viewOf(state) !== undefined,
    run: (act: Actions<S>, key: string) => {
      const view = viewOf(act.state);
      if (view !== undefined) show(act, sourceAfter(view, key));
    },
  };
  return [
    {
      keys: ['up', 'down', 'pageup', 'pagedown', 'home', 'end', 'left', 'right'],
      help: 'In a source: scrolls, or shows the next or previous file',
      ...shared,
    },
    {
      keys: ['f'],
      hint: 'formula',
      help: 'In a source: goes to the next line that computes the formula, marked with =',
      ...shared,
    },
  ];
}

/** The lines of a viewer as a list that `/` searches. */
export function searchedSource<S>({ viewOf, show }: SourcePlace<S>): SearchedList<S> {
  const linesIn = (state: S): string[] => {
    const view = viewOf(state);
    const file = view?.files[view.file];
    return file === undefined ? [] : linesOf(file);
  };
  return {
    when: ({ state }) => linesIn(state).length > 0,
    rows: ({ state }) => linesIn(state),
    at: ({ state }) => viewOf(state)?.found ?? viewOf(state)?.scroll ?? 0,
    go: (act, found) => {
      const view = viewOf(act.state);
      if (view !== undefined) show(act, { ...view, found, scroll: showing(found) });
    },
  };
}

function linesOf({ text }: ShaderFile): string[] {
  return text.trimEnd().split('\n');
}
