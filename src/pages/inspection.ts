import type { InspectedFace, Inspection, Part, PicturesPart, Section, TablePart } from '../inspect/result.js';
import { shortNumber } from '../util/axis.js';
import { VERSION } from '../util/version.js';
import { type Content, type Html, html } from './html.js';
import { howToRead, keyFigures, type PageSection, page } from './page.js';
import { colorScale, image, tiles } from './pictures.js';
import { reliabilityDiagram } from './reliability.js';
import { scatter } from './scatter.js';
import { surface } from './surface.js';
import { table } from './table.js';
import { count, fixed, percent } from './words.js';

/** The page of an inspection: one HTML file without scripts that needs nothing else. Equal inspections give equal bytes. */
export function inspectionPage(inspection: Inspection): string {
  const { model, face, data, sections } = inspection;
  const { classes } = model;
  const seen = data && ` ${count(data.count)} ${data.split} faces of ${data.name}.`;
  return page({
    title: `Inside ${model.name}`,
    lead: `What the network with the weights ${model.weights} has learned, seen in ${sections.length} ways.${seen ?? ''}`,
    opening: [
      keyFigures([
        ['parameters', count(model.parameters)],
        ['input', model.inputShape.join(' × ')],
        ['classes', count(classes.length)],
        ...(data ? ([['faces', count(data.count)]] as const) : []),
      ]),
      face && answer(face, classes),
    ],
    sections: [
      ...sections.map((section) => methodSection(section, classes)),
      ...(inspection.skipped.length > 0 ? [skippedSection(inspection)] : []),
      originSection(inspection),
    ],
    footer: `Made by fer-tui ${VERSION} with "fer-tui inspect". This page holds everything it shows and loads nothing.`,
  });
}

/** The face beside what the network says about it. */
function answer({ name, picture, label, probabilities }: InspectedFace, classes: readonly string[]): Html {
  const best = probabilities.indexOf(Math.max(...probabilities));
  const prediction =
    best < 0 ? 'nothing: no number' : `${classes[best]} with ${percent(probabilities[best])}`;
  const truth = label === undefined ? '' : `; its true class is ${classes[label]}`;
  const order = [...probabilities.keys()].sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0));
  return html`
    <div class="answer">
    <figure>${image(picture, `The inspected face: ${name}`)}<figcaption>${name}</figcaption></figure>
    <div><p>The network says <b>${prediction}</b>${truth}.</p>
    ${table({
      caption: 'The probability of every class',
      columns: [{ title: 'class', words: true }, { title: 'probability' }, { title: '', words: true }],
      rows: order.map((c) => [
        c === label ? `${classes[c]} (true)` : classes[c],
        percent(probabilities[c]),
        html`<span class="bar" style="--part:${fixed(probabilities[c], 4)}"></span>`,
      ]),
    })}</div>
    </div>`;
}

function methodSection(
  { title, shows, limits, source, parts }: Section,
  classes: readonly string[],
): PageSection {
  return {
    title,
    body: [
      howToRead(
        html`${shows} <b>Mind:</b> ${limits}${source !== undefined && html` <cite>${source}</cite>.`}`,
      ),
      parts.map((part) => partHtml(part, classes)),
    ],
  };
}

function partHtml(part: Part, classes: readonly string[]): Content {
  const note = part.note !== undefined && html`<p class="muted">${part.note}</p>`;
  switch (part.kind) {
    case 'pictures':
      return [html`<h3>${part.title}</h3>`, note, picturesHtml(part)];
    case 'table':
      return [tableHtml(part), note];
    case 'points':
      return [
        scatter({
          ...part,
          classes,
          description: `${part.title}: ${count(part.labels.length)} faces as points, ${part.axes.join(' against ')}, told apart by their class in colour and shape.`,
        }),
        note,
      ];
    case 'reliability':
      return reliabilityDiagram(
        part.title,
        part.bins,
        part.note ?? `Expected calibration error: ${percent(part.ece)}.`,
      );
    case 'surface':
      return [surface(part), note];
  }
}

/** From this many pixels on, a picture is a sheet of tiles of its own. */
const SIZES: readonly (readonly [pixels: number, rem: number])[] = [
  [12, 3.25],
  [64, 6.2],
  [160, 13],
  [Number.POSITIVE_INFINITY, 18],
];

function picturesHtml({ title, pictures, legend }: PicturesPart): Content {
  const widest = Math.max(1, ...pictures.map(({ picture }) => picture.width));
  const [, rem] = SIZES.find(([pixels]) => widest <= pixels) ?? [0, 18];
  return [
    legend && colorScale(legend),
    tiles(
      pictures.map(({ picture, caption, name }) => ({
        picture,
        caption,
        alt: `${title}: ${caption || name}`,
      })),
      rem,
    ),
  ];
}

function tableHtml({ title, columns, rows }: TablePart): Html {
  return table({
    caption: title,
    columns: columns.map((name, i) => ({
      title: name,
      words: rows.some((row) => typeof row[i] === 'string'),
    })),
    rows: rows.map((row) => row.map((cell) => (typeof cell === 'number' ? rounded(cell) : cell))),
  });
}

/** A number of any size in a table. */
function rounded(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return Number.isInteger(value) ? count(value) : shortNumber(value);
}

function skippedSection({ skipped }: Inspection): PageSection {
  return {
    title: 'Left out',
    body: html`<ul>${skipped.map(({ method, why }) => html`<li><b>${method}</b>: ${why}</li>`)}</ul>`,
  };
}

/** What the page was made from, and how long each method took. */
function originSection({ model, data, adapter, seed, sections }: Inspection): PageSection {
  return {
    title: 'Origin',
    body: [
      html`<p>Weights: <code>${model.weights}</code>. Computed on ${adapter}, with the seed ${seed} for everything that is drawn at random.</p>`,
      data && html`<p>The faces belong to ${data.name}: its terms hold for this page, too.</p>`,
      table({
        caption: 'Time of each method',
        columns: [{ title: 'method', words: true }, { title: 'seconds' }],
        rows: sections.map(({ title, seconds }) => [title, fixed(seconds, 2)]),
      }),
    ],
  };
}
