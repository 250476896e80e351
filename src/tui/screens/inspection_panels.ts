import type { Inspection, PicturesPart, Section } from '../../inspect/result.js';
import { type Loadable, waitingLines } from '../loadable.js';
import type { PanelView, PlacedPicture } from '../screen_module.js';
import { padTo, wrapped } from '../text.js';

/** The part of a screen's state that shows an inspection: what a network has learned, one method at a time. */
export interface InspectionState {
  readonly inspection: Loadable<Inspection>;
  /** Index of the method that is shown. */
  readonly section: number;
}

type View = PanelView<InspectionState>;

/** Cells of a picture, and between two of them. The row below a picture holds its caption. */
const TILE = { cols: 14, rows: 7 };
const GAP = { cols: 2, rows: 2 };

/** The section that is shown. */
export function sectionOf({ inspection, section }: InspectionState): Section | undefined {
  return inspection.status === 'ready' ? inspection.value.sections[section] : undefined;
}

/** The pictures of a section, of all its parts. */
function picturesOf(section: Section): PicturesPart['pictures'] {
  return section.parts.flatMap((part) => (part.kind === 'pictures' ? part.pictures : []));
}

/** The words above the pictures. */
function wordsOf({ state, cols, theme }: View, section: Section): string[] {
  const count = state.inspection.status === 'ready' ? state.inspection.value.sections.length : 0;
  const source = section.source === undefined ? '' : ` (${section.source})`;
  const notes = section.parts.flatMap(({ note }) => note ?? []);
  return [
    theme.strong(`${state.section + 1} of ${count} (←→): ${section.title}${source}`),
    ...wrapped(section.shows, cols),
    ...wrapped(section.limits, cols).map(theme.dim),
    ...notes.slice(0, 1).flatMap((note) => wrapped(note, cols)),
  ];
}

/** How many pictures fit beside and below each other. */
function gridOf(
  view: View,
  section: Section,
): { top: number; across: number; shown: PicturesPart['pictures'] } {
  const top = wordsOf(view, section).length + 1;
  const across = Math.max(1, Math.floor((view.cols + GAP.cols) / (TILE.cols + GAP.cols)));
  const down = Math.max(0, Math.floor((view.rows - top + 1) / (TILE.rows + GAP.rows)));
  return { top, across, shown: picturesOf(section).slice(0, across * down) };
}

/** What the method shows and does not show, and the captions of its pictures. */
export function inspectionLines(view: View): string[] {
  const { state, theme, cols, now } = view;
  if (state.inspection.status !== 'ready')
    return waitingLines(state.inspection, { empty: 'h looks into the network', theme, cols, now });
  const section = sectionOf(state);
  if (section === undefined) return ['no method suits this network'];
  const { top, across, shown } = gridOf(view, section);
  const lines = [...wordsOf(view, section), ''];
  for (let first = 0; first < shown.length; first += across) {
    const row = shown.slice(first, first + across);
    const at = top + (first / across) * (TILE.rows + GAP.rows) + TILE.rows;
    while (lines.length < at) lines.push('');
    lines.push(
      row
        .map(({ caption }) => padTo(caption, TILE.cols + GAP.cols))
        .join('')
        .trimEnd(),
    );
  }
  return lines;
}

export function inspectionPictures(view: View): PlacedPicture[] {
  const section = sectionOf(view.state);
  if (section === undefined) return [];
  const { top, across, shown } = gridOf(view, section);
  return shown.map(({ picture }, i) => ({
    ...{ picture, ...TILE, enlarge: 'nearest' as const },
    x: (i % across) * (TILE.cols + GAP.cols),
    y: top + Math.floor(i / across) * (TILE.rows + GAP.rows),
  }));
}
