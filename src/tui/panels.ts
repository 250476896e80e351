import { singlePanel } from './keys.js';
import { bodyOf, inside, type Rect } from './layout.js';
import type { AnyScreen, PanelSpec, PanelView, ScreenView } from './screen_module.js';

/** A panel that is shown, with the rectangle of its border. */
export interface ShownPanel {
  readonly spec: PanelSpec<unknown>;
  readonly view: ScreenView<unknown>;
  readonly at: Rect;
  /** Whether the title shows that this panel has the focus. */
  readonly marked: boolean;
}

/** The panels that the screen shows at this size, with their rectangles. */
export function panelsOf(module: AnyScreen, view: ScreenView<unknown>): ShownPanel[] {
  const body = bodyOf(view.app.size);
  const rects = singlePanel(view.app) ? { [view.focus]: body } : module.layout(body, view);
  const shown = module.panels.filter(({ id, when }) => rects[id] !== undefined && (when?.(view) ?? true));
  return shown.map((spec) => ({
    ...{ spec, view, at: rects[spec.id] as Rect },
    marked: shown.length > 1 && view.focus === spec.id,
  }));
}

/** The cells of a panel's lines, and what it receives to make them. */
export function contentOf({ spec, view, at }: Omit<ShownPanel, 'marked'>): {
  readonly place: Rect;
  readonly own: PanelView<unknown>;
} {
  const place = inside(at, spec.flush === true ? 0 : 1);
  return { place, own: { ...view, cols: place.cols, rows: place.rows } };
}
