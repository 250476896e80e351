import { describe, expect, it } from 'vitest';
import type { Inspection } from '../../src/inspect/result.js';
import { inspectionPage } from '../../src/pages/inspection.js';
import { fullInspection } from '../helpers/inspections.js';
import { type Element, pageProblems, parsePage, textOf } from '../helpers/pages.js';

const HOSTILE = `"'><script>alert(1)</script><img src="https://example.org/x.png">`;

/** The same value with every text in it replaced. */
function withTexts<T>(value: T, text: string): T {
  if (typeof value === 'string') return text as T;
  if (Array.isArray(value)) return value.map((item) => withTexts(item, text)) as T;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  // What tells parts apart is no text.
  const entries = Object.entries(value).map(([key, item]) => [
    key,
    key === 'kind' ? item : withTexts(item, text),
  ]);
  return Object.fromEntries(entries) as T;
}

const elementsOf = (page: string, tag: string): Element[] =>
  parsePage(page).elements.filter(({ tagName }) => tagName === tag);

describe('the page of an inspection', () => {
  const page = inspectionPage(fullInspection());

  it('is right HTML that loads nothing, with a heading for every method', () => {
    expect(pageProblems(page)).toEqual([]);
    expect(elementsOf(page, 'h2').map(textOf)).toEqual([
      ...['Grad-CAM', 'Feature maps', 'Filters', 'Reliability', 'PCA', 'Loss surface', 'Left out', 'Origin'],
    ]);
    // The face, and those of three parts; reliability, points and surface.
    expect(elementsOf(page, 'img')).toHaveLength(1 + 7 + 4 + 32);
    const drawings = elementsOf(page, 'svg').filter(({ attrs }) => attrs.some(({ name }) => name === 'role'));
    expect(drawings).toHaveLength(3);
  });

  it('says what the inspection says, the most probable class first', () => {
    const text = textOf(elementsOf(page, 'body')[0] as Element).replaceAll('\u00a0', ' ');
    for (const words of [
      'The network says Happy with 80.0 %; its true class is Happy',
      'What Grad-CAM shows. Mind: What it does not show. Author et al. 2017, arXiv 1610.02391.',
      'umap: three faces are too few',
      'Computed on llvmpipe, with the seed 7',
      'The faces belong to synthetic: its terms hold for this page, too.',
    ])
      expect(text).toContain(words);
    const [answers, checks] = elementsOf(page, 'tbody').map((body) =>
      body.childNodes.map((row) => textOf(row as Element)),
    );
    expect(answers?.slice(0, 3).map((row) => row.replace('\u00a0', ' '))).toEqual([
      'Happy (true)80.0 %',
      'Neutral7.0 %',
      'Angry5.0 %',
    ]);
    expect(checks).toEqual(['Happy0.121,234']);
  });

  it('has equal bytes for equal inspections', () => {
    expect(inspectionPage(fullInspection())).toBe(page);
  });

  it('shows every text as text', () => {
    const hostile = inspectionPage(withTexts(fullInspection(), HOSTILE));
    expect(pageProblems(hostile)).toEqual([]);
    expect(elementsOf(hostile, 'img')).toHaveLength(1 + 7 + 4 + 32);
  });

  it('needs neither face nor data nor sections', () => {
    const { face: _, data: __, ...rest } = fullInspection();
    const bare: Inspection = { ...rest, sections: [], skipped: [] };
    expect(pageProblems(inspectionPage(bare))).toEqual([]);
  });

  it('stays right where values are no numbers', () => {
    const { sections, face, ...rest } = fullInspection();
    if (face === undefined) throw new Error('a face');
    const none = <T>(value: T): T => {
      if (typeof value === 'number') return Number.NaN as T;
      if (Array.isArray(value)) return value.map(none) as T;
      return value;
    };
    const broken = sections.map((section) => ({
      ...section,
      parts: section.parts.map((part) => {
        if (part.kind === 'points') return { ...part, x: none(part.x), y: none(part.y) };
        if (part.kind === 'surface') return { ...part, values: none(part.values) };
        if (part.kind === 'table') return { ...part, rows: none(part.rows) };
        if (part.kind === 'reliability') return { ...part, bins: part.bins.slice(0, 1), ece: Number.NaN };
        return part;
      }),
    }));
    const page = inspectionPage({
      ...rest,
      face: { ...face, probabilities: none(face.probabilities) },
      sections: broken,
    });
    expect(pageProblems(page)).toEqual([]);
    expect(textOf(elementsOf(page, 'body')[0] as Element)).not.toMatch(/NaN|Infinity|undefined/);
  });
});
