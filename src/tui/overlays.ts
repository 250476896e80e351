import type { Overlay } from './app_state.js';
import { GLOBAL_KEYS, keysLabel } from './keys.js';
import { borders, type Piece, type Rect } from './layout.js';
import type { Actions, AnyScreen, ScreenView } from './screen_module.js';
import { cut, padTo, widthOf, wrapped } from './text.js';

/** What overlays tell of. */
interface Below {
  readonly body: Rect;
  readonly module: AnyScreen;
  readonly view: ScreenView<unknown>;
  readonly act: Actions<unknown>;
}

/** A box in the middle of the body, over everything else. */
export function overlayBox(overlay: Overlay, below: Below): Piece[] {
  const { body, view } = below;
  const { theme } = view;
  const width = Math.min(body.cols - 2, 76);
  const { title, lines, foot } = contents(overlay, below, width - 4);
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
  return [
    { key: 'overlay', at, lines: frame.map(theme.borderFocused) },
    { key: 'overlay.title', at: { ...at, x: at.x + 2, rows: 1, cols: widthOf(heading) }, lines: [heading] },
    {
      key: 'overlay.text',
      at: { x: at.x + 1, y: at.y + 1, cols: width - 2, rows: inner.length },
      lines: inner,
    },
  ];
}

function contents(
  overlay: Overlay,
  { module, view, act }: Below,
  cols: number,
): { title: string; lines: string[]; foot: string } {
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
    case 'info':
      return {
        title: `what am I seeing? · ${module.title}`,
        lines: module
          .explain(view)
          .flatMap((text) => [...wrapped(text, cols), ''])
          .slice(0, -1),
        foot: 'any key closes',
      };
    case 'question': {
      const lines = overlay.lines.flatMap((text) => wrapped(text, cols));
      const choices = overlay.choices.map(({ key, label }) => `${theme.key(key)}  ${label}`);
      return { title: overlay.title, lines: [...lines, '', ...choices], foot: 'Esc goes on as before' };
    }
    case 'prompt': {
      const typed = `> ${overlay.value}${theme.selected(' ')}`;
      const error = overlay.error === undefined ? [] : wrapped(`✗ ${overlay.error}`, cols).map(theme.bad);
      return {
        title: overlay.title,
        lines: [...wrapped(overlay.help, cols), typed, ...error],
        foot: 'Enter takes it · Esc leaves it · ^U empties',
      };
    }
  }
}
