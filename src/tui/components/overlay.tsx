import { actionsOf } from '../actions.js';
import type { Overlay as OverlayState } from '../app_state.js';
import { GLOBAL_KEYS, keysLabel } from '../keys.js';
import { bodyOf, borders, type Rect } from '../layout.js';
import type { Layer } from '../painter.js';
import type { Actions, AnyScreen, ScreenView } from '../screen_module.js';
import { cut, padTo, widthOf, wrapped } from '../text.js';
import { usePainted, useProgram } from './hooks.js';

export interface OverlayProps {
  readonly overlay: OverlayState;
  readonly module: AnyScreen;
  readonly view: ScreenView<unknown>;
}

/** The dialog in the middle of the body: help, an explanation, a question or a prompt. */
export function Overlay(props: OverlayProps) {
  const act = actionsOf(useProgram(), props.module.name);
  usePainted('overlay', overlayLayer(props, act));
  return null;
}

function overlayLayer(props: OverlayProps, act: Actions<unknown>): Layer {
  const { overlay, view } = props;
  const { theme, app } = view;
  const body = bodyOf(app.size);
  const width = Math.min(body.cols - 2, 76);
  const { title, lines, foot } = contents(props, act, width - 4);
  const height = Math.min(body.rows, lines.length + 3);
  const room = height - 3;
  const scroll = 'scroll' in overlay ? Math.min(overlay.scroll, Math.max(0, lines.length - room)) : 0;
  const more = lines.length > room ? `${foot} · ↑↓ scrolls (${scroll + room} of ${lines.length})` : foot;
  const at: Rect = {
    x: body.x + ((body.cols - width) >> 1),
    y: body.y + ((body.rows - height) >> 1),
    cols: width,
    rows: height,
  };
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

function contents({ overlay, module, view }: OverlayProps, act: Actions<unknown>, cols: number): Contents {
  const { theme } = view;
  switch (overlay.kind) {
    case 'help': {
      const row = (binding: { keys: readonly string[]; help: string }, works = true): string =>
        (works ? (text: string) => text : theme.dim)(`${padTo(keysLabel(binding), 9)} ${binding.help}`);
      const own = module.keys.map((binding) => row(binding, binding.when?.(act) ?? true));
      const lines = [
        ...(own.length > 0 ? [theme.strong(module.title), ...own, ''] : []),
        theme.strong('Everywhere'),
        ...GLOBAL_KEYS.map((binding) => row(binding)),
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
    case 'prompt': {
      const typed = `> ${overlay.value}${theme.selected(' ')}`;
      const error = overlay.error === undefined ? [] : wrapped(`✗ ${overlay.error}`, cols).map(theme.bad);
      const lines = [...wrapped(overlay.help, cols), typed, ...error];
      return { title: overlay.title, lines, foot: 'Enter accepts · Esc cancels · ^U clears' };
    }
  }
}
