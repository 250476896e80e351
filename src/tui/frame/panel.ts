import { type Rect, thumbOf } from '../layout.js';
import type { Layer, Piece } from '../painter.js';
import { contentOf, type ShownPanel } from '../panels.js';
import type { PanelSpec, PanelView, Scroll } from '../screen_module.js';
import { cut, widthOf } from '../text.js';
import type { Theme } from '../theme.js';

/** What is unique to a panel among the layers. */
export const panelId = ({ spec, view }: ShownPanel): string => `${view.app.screen}.${spec.id}`;

/** A panel: its title on the border, its lines and its pictures. */
export function panelLayer({ spec, view, at, marked }: ShownPanel): Layer {
  const { place, own } = contentOf({ spec, view, at });
  const name = ` ${cut(`${marked ? '▸' : ''}${spec.title(own)}`, Math.max(0, at.cols - 6))} `;
  const title = marked ? view.theme.borderFocused(name) : name;
  const lines = spec.lines(own).slice(0, place.rows);
  const thumb = thumbOf(place.rows, scrollOf(spec, own) ?? { at: 0, of: 0 });
  const pictures = view.app.overlay === undefined ? (spec.pictures?.(own) ?? []) : []; // pictures would cover the overlay
  return {
    pieces: [
      { at: { x: at.x + 2, y: at.y, cols: widthOf(name), rows: 1 }, lines: [title] },
      { at: place, lines: lines.map((line) => cut(line, place.cols)) },
      ...(thumb === undefined ? [] : [thumbPiece(at, thumb, view.theme)]),
    ],
    pictures: pictures.map((picture) => ({ ...picture, x: picture.x + place.x, y: picture.y + place.y })),
  };
}

/** The scroll position of the panel. */
function scrollOf(spec: PanelSpec<unknown>, view: PanelView<unknown>): Scroll | undefined {
  if (spec.scroll !== undefined) return spec.scroll(view);
  const { list } = spec;
  return list?.when(view) === true ? { at: list.at(view), of: list.rows(view).length } : undefined;
}

/** The thumb of a scroll bar, on the right border. */
function thumbPiece(at: Rect, [first, count]: readonly [number, number], theme: Theme): Piece {
  return {
    at: { x: at.x + at.cols - 1, y: at.y + 1 + first, cols: 1, rows: count },
    lines: Array.from({ length: count }, () => theme.border('█')),
  };
}
