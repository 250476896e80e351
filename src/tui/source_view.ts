import type { ShaderFile } from '../engine/requests.js';
import type { PanelView } from './screen_module.js';

/** A viewer of shader files. It shows one file at a time. */
export interface SourceView {
  readonly files: readonly ShaderFile[];
  readonly file: number;
  /** Index of the first visible line. */
  readonly scroll: number;
}

/** A viewer at the start of the first file. */
export function sourceOf(files: readonly ShaderFile[]): SourceView {
  return { files, file: 0, scroll: 0 };
}

export function sourceTitle({ files, file, scroll }: SourceView): string {
  const shown = files[file];
  if (shown === undefined) return 'source';
  const which = files.length > 1 ? ` · ${file + 1} of ${files.length} (←→)` : '';
  return `shaders/${shown.name}.wgsl${which} · line ${scroll + 1} of ${lineCount(shown)}`;
}

/** The visible lines, with numbers. ▸ marks the entry points that run; comments are dim. */
export function sourceLines(
  { files, file, scroll }: SourceView,
  { rows, cols, theme }: Pick<PanelView<unknown>, 'rows' | 'cols' | 'theme'>,
): string[] {
  const shown = files[file];
  if (shown === undefined) return ['no kernel of its own'];
  const lines = shown.text.trimEnd().split('\n');
  return lines.slice(scroll, scroll + rows).flatMap((line, i) => {
    const entry = /^fn (\w+)\(/.exec(line)?.[1] ?? '';
    const runs = shown.entries.includes(entry);
    const paint = runs ? theme.strong : line.startsWith('//') ? theme.dim : (text: string) => text;
    return folded(line, Math.max(20, cols - 6)).map((part, k) => {
      const number = k === 0 ? String(scroll + i + 1) : '';
      return `${theme.dim(number.padStart(4))}${runs && k === 0 ? '▸' : ' '}${paint(part)}`;
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

/** Returns the viewer after a key: left and right change the file, the other keys scroll. */
export function sourceAfter(view: SourceView, key: string): SourceView {
  const { files, file, scroll } = view;
  if (key === 'left' || key === 'right') {
    const next = (file + (key === 'left' ? files.length - 1 : 1)) % Math.max(1, files.length);
    return { ...view, file: next, scroll: 0 };
  }
  const shown = files[file];
  const last = Math.max(0, (shown === undefined ? 0 : lineCount(shown)) - 1);
  const steps: Readonly<Record<string, number>> = { up: -1, down: 1, pageup: -20, pagedown: 20 };
  const to = key === 'home' ? 0 : key === 'end' ? last - 10 : scroll + (steps[key] ?? 0);
  return { ...view, scroll: Math.max(0, Math.min(last, to)) };
}

/** The keys of `sourceAfter`. */
export const SOURCE_KEYS = ['up', 'down', 'pageup', 'pagedown', 'home', 'end', 'left', 'right'] as const;

function lineCount({ text }: ShaderFile): number {
  return text.trimEnd().split('\n').length;
}
