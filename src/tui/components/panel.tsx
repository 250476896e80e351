import type { Layer } from '../painter.js';
import { contentOf, type ShownPanel } from '../panels.js';
import { cut, widthOf } from '../text.js';
import { usePainted } from './hooks.js';

/**
 * A panel: its title on the border, its lines and its pictures. It paints them without Ink, which would need three to six
 * times as much processor time per frame (`bench/ink.mjs`).
 */
export function Panel(props: ShownPanel) {
  usePainted(`${props.view.app.screen}.${props.spec.id}`, panelLayer(props));
  return null;
}

function panelLayer({ spec, view, at, marked }: ShownPanel): Layer {
  const { place, own } = contentOf({ spec, view, at });
  const name = ` ${cut(`${marked ? '▸' : ''}${spec.title(own)}`, Math.max(0, at.cols - 6))} `;
  const title = marked ? view.theme.borderFocused(name) : name;
  const lines = spec.lines(own).slice(0, place.rows);
  const pictures = view.app.overlay === undefined ? (spec.pictures?.(own) ?? []) : []; // pictures would cover the overlay
  return {
    pieces: [
      { at: { x: at.x + 2, y: at.y, cols: widthOf(name), rows: 1 }, lines: [title] },
      { at: place, lines: lines.map((line) => cut(line, place.cols)) },
    ],
    pictures: pictures.map((picture) => ({ ...picture, x: picture.x + place.x, y: picture.y + place.y })),
  };
}
