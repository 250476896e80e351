import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { escapeHtml, html } from '../../src/pages/html.js';
import { lineChart } from '../../src/pages/line_chart.js';
import { page } from '../../src/pages/page.js';
import { colorScale, image, tiles } from '../../src/pages/pictures.js';
import { axisOver } from '../../src/pages/plot.js';
import { reliabilityDiagram } from '../../src/pages/reliability.js';
import { scatter } from '../../src/pages/scatter.js';
import { surface } from '../../src/pages/surface.js';
import { matrix, table } from '../../src/pages/table.js';
import { count, fixed, moment, percent } from '../../src/pages/words.js';
import type { Picture } from '../../src/util/picture.js';
import { attribute, type Element, pageProblems, parsePage, textOf } from '../helpers/pages.js';

const HOSTILE = `</title><script>alert('x')</script><img src=x onerror="y">&amp;\u0000\u001b[31m`;

/** The elements of a piece of HTML. */
const parts = (content: { toString(): string }, tag: string): Element[] =>
  parsePage(`<!doctype html>${content}`).elements.filter(({ tagName }) => tagName === tag);

describe('html', () => {
  it('escapes text and attributes, and leaves what it has made itself', () => {
    const inner = html`<b>${'<&>'}</b>`;
    expect(String(html`<p title="${`"'`}">${inner}${[1, ' ', undefined, false, inner]}</p>`)).toBe(
      '<p title="&quot;&#39;"><b>&lt;&amp;&gt;</b>1 <b>&lt;&amp;&gt;</b></p>',
    );
  });

  it('replaces characters that HTML does not allow', () => {
    expect(escapeHtml('a\u0000b\u001bc\u0085d\te\nf')).toBe('a\ufffdb\ufffdc\ufffdd\te\nf');
  });

  it('leaves line breaks between tags out, and those in text in', () => {
    expect(
      String(html`
      <p>a
      b</p>
      <p>c</p>
    `),
    ).toBe('<p>a\n      b</p><p>c</p>');
  });
});

describe('a page', () => {
  const text = page({
    ...{ title: HOSTILE, lead: HOSTILE, opening: HOSTILE, footer: HOSTILE },
    sections: [HOSTILE, 'Same', 'same', '!'].map((title) => ({ title, body: html`<p>${HOSTILE}</p>` })),
  });

  it('is right HTML, whatever it says', () => {
    expect(pageProblems(text)).toEqual([]);
    const { elements } = parsePage(text);
    const said = HOSTILE.replaceAll('\u0000', '\ufffd').replaceAll('\u001b', '\ufffd');
    expect(textOf(elements.find(({ tagName }) => tagName === 'h1') as Element)).toBe(said);
  });

  it('gives every section an address of its own', () => {
    const addresses = parsePage(text).elements.filter(({ tagName }) => tagName === 'h2');
    expect(addresses.map((e) => attribute(e, 'id')).slice(1)).toEqual(['same', 'same-2', 'section']);
  });

  it('forbids scripts and everything from the network', () => {
    const policy = parsePage(text).elements.find((e) => attribute(e, 'http-equiv') !== undefined);
    expect(policy && attribute(policy, 'content')).toBe(
      "default-src 'none'; img-src data:; style-src 'unsafe-inline'",
    );
  });
});

describe('pictures', () => {
  const picture: Picture = { width: 2, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3, 250, 251, 252) };

  it('are PNG files in the page, pixel by pixel', () => {
    const [img] = parts(image(picture, 'two "pixels"'), 'img');
    const data = /^data:image\/png;base64,(.*)$/.exec(attribute(img as Element, 'src') ?? '')?.[1] ?? '';
    const { data: rgba } = PNG.sync.read(Buffer.from(data, 'base64'));
    expect([...rgba]).toEqual([1, 2, 3, 255, 250, 251, 252, 255]);
    expect(attribute(img as Element, 'alt')).toBe('two "pixels"');
  });

  it('have captions, and scales of colours their ends', () => {
    const list = tiles(
      [
        { picture, caption: '<b>', alt: 'a' },
        { picture, caption: '', alt: 'b' },
      ],
      5,
    );
    expect(parts(list, 'figcaption').map(textOf)).toEqual(['<b>']);
    const scale = colorScale({
      quantity: 'heat',
      colors: [
        [0, 0, 0],
        [9, 8, 7],
      ],
      low: 'cold',
      high: 'hot',
    });
    expect(parts(scale, 'span').map(textOf)).toEqual(['heat:', 'cold', 'hot']);
    expect(attribute(parts(scale, 'i')[0] as Element, 'style')).toContain('rgb(0,0,0),rgb(9,8,7)');
  });
});

describe('charts', () => {
  const x = axisOver('epoch', [1, 4], { whole: true });
  const dots = (content: { toString(): string }): string[] =>
    parts(content, 'circle').map((e) => `${attribute(e, 'cx')} ${attribute(e, 'cy')}`);

  it('end their axes at round numbers, or where they are told to', () => {
    const axis = axisOver('loss', [0.13, 0.88]);
    expect([axis.scale.low, axis.scale.high]).toEqual([0, 1]);
    expect(axis.marks.map(axis.text)).toEqual(['0', '0.2', '0.4', '0.6', '0.8', '1.0']);
    const wide = axisOver('wide', [-2000, 3000]);
    expect(wide.marks.slice(0, 3).map(wide.text)).toEqual(['\u22122000', '\u22121000', '0']);
    expect([x.scale.low, x.scale.high, ...x.marks]).toEqual([1, 4, 1, 2, 3, 4]);
    expect(axisOver('rate', [1e-4, 1e-1], { log: true }).marks.map(Math.log10)).toEqual([-4, -3, -2, -1]);
    // Of eight powers of ten, every second: five numbers at most.
    expect(axisOver('rate', [1e-7, 1], { log: true }).marks.map(Math.log10)).toEqual([-7, -5, -3, -1]);
    expect(axisOver('same', [2, 2]).scale.place(2)).toBeCloseTo(0.5, 1);
  });

  it('draw a curve at its values, with a gap where there is none', () => {
    const chart = lineChart({
      ...{ title: 'Loss', x, y: axisOver('loss', [], { range: [0, 2] }) },
      text: (value) => value.toFixed(1),
      curves: [
        {
          name: 'training',
          points: [
            [1, 2],
            [2, Number.NaN],
            [3, 0],
            [4, 1],
          ],
        },
      ],
      level: { name: 'guessing', y: 1 },
    });
    expect(dots(chart)).toEqual(['68 10', '276 208', '380 109']);
    const line = parts(chart, 'path').find((e) => attribute(e, 'class') === 'line');
    expect(line && attribute(line, 'd')).toBe('M68 10M276 208L380 109');
    expect(parts(chart, 'li').map(textOf)).toEqual(['training', 'guessing']);
    const [svg] = parts(chart, 'svg');
    expect(svg && attribute(svg, 'aria-label')).toBe(
      'Loss by epoch: training from 2.0 at epoch 1 to 1.0 at epoch 4.',
    );
    expect(parts(chart, 'title').map(textOf)[0]).toBe('training, epoch 1: 2.0');
  });

  it('tell classes apart by colour and shape, and leave out points that are none', () => {
    const chart = scatter({
      ...{ title: 'PCA', description: 'Three faces.', axes: ['first', 'second'], classes: ['a', 'b', 'c'] },
      ...{ x: [0, 1, Number.NaN], y: [0, 1, 1], labels: [0, 1, 1] },
    });
    const drawn = parts(chart, 'path').filter((e) => attribute(e, 'fill-opacity') !== undefined);
    const points = drawn.map((e) => attribute(e, 'd')?.split('M').slice(1) ?? []);
    expect(points.map(({ length }) => length)).toEqual([1, 1, 0]);
    expect(points[0]?.[0]?.replace(/^[\d. ]+/, '')).not.toBe(points[1]?.[0]?.replace(/^[\d. ]+/, ''));
    expect(new Set(drawn.map((e) => attribute(e, 'style'))).size).toBe(3);
    expect(parts(chart, 'li').map(textOf)).toEqual(['a (1)', 'b (2)', 'c (0)']);
  });

  it('show confidence as a line and the share of right answers as a bar', () => {
    const empty = { count: 0, confidence: 0, accuracy: 0 };
    const chart = reliabilityDiagram(
      'Reliability',
      [
        { from: 0, to: 0.5, ...empty },
        { from: 0.5, to: 1, count: 8, confidence: 0.75, accuracy: 0.25 },
      ],
      'Words.',
    );
    const [bar, ...others] = parts(chart, 'g');
    expect(others).toEqual([]);
    // The plot reaches from 68 to 380 and from 322 up to 10.
    expect(bar && attribute(bar.childNodes[0] as Element, 'd')).toBe('M225 322V244H379V322z');
    expect(String(chart)).toContain('M225 88H379');
    expect(String(chart)).toContain('Words.');
  });

  it('show bars of few images paler, by the root of their share of the fullest', () => {
    const bin = { confidence: 0.5, accuracy: 0.5 };
    const bins = [
      { from: 0, to: 0.5, count: 4, ...bin },
      { from: 0.5, to: 1, count: 100, ...bin },
    ];
    const opacities = parts(reliabilityDiagram('R', bins, ''), 'path').flatMap(
      (path) => attribute(path, 'fill-opacity') ?? [],
    );
    expect(opacities).toEqual(['0.44', '1.00']);
  });

  it('draw a surface with its contour lines', () => {
    const at = [-1, 0, 1];
    const chart = surface({
      ...{ title: 'Loss surface', quantity: 'loss', at },
      values: at.map((y) => at.map((x) => (x === 1 && y === 1 ? Number.NaN : x))),
    });
    const cells = parts(chart, 'rect').map((e) => attribute(e, 'fill'));
    expect(cells).toEqual([
      ...Array(2).fill(['rgb(68,1,84)', 'rgb(33,145,140)', 'rgb(253,231,37)']).flat(),
      'rgb(68,1,84)',
      'rgb(33,145,140)',
      'var(--panel)',
    ]);
    // The line of 0.5 runs through the middle of the right column, but not beside what is no number.
    const lines = parts(chart, 'path').filter((e) => e.childNodes.length > 0);
    const half = lines.find((e) => textOf(e) === '0.50');
    expect(half && attribute(half, 'd')).toMatch(/^M(\d+\.?\d*) \d+\.?\d*L\1 \d+\.?\d*$/);
  });
});

describe('tables', () => {
  it('head their rows and columns', () => {
    const content = table({
      caption: 'Numbers',
      columns: [{ title: 'class', words: true }, { title: 'images' }],
      rows: [
        ['a', 1],
        ['<b>', 2],
      ],
      total: ['sum', 3],
    });
    expect(parts(content, 'th').map((e) => `${attribute(e, 'scope')} ${textOf(e)}`)).toEqual([
      ...['col class', 'col images', 'row a', 'row <b>', 'row sum'],
    ]);
    expect(parts(content, 'td').map(textOf)).toEqual(['1', '2', '3']);
  });

  it('shade a confusion matrix row by row and frame the diagonal', () => {
    const cells = parts(
      matrix({
        caption: 'c',
        classes: ['a', 'b'],
        counts: [
          [3, 1],
          [0, 0],
        ],
      }),
      'td',
    );
    expect(cells.map((e) => [textOf(e), attribute(e, 'style'), attribute(e, 'class')])).toEqual([
      ['375 %', '--part:0.750', 'right'],
      ['125 %', '--part:0.250', undefined],
      ['00 %', '--part:0.000', undefined],
      ['00 %', '--part:0.000', 'right'],
    ]);
  });
});

it('what is no number or no time is a dash', () => {
  expect([
    fixed(Number.NaN, 2),
    fixed(undefined, 2),
    count(Number.NaN),
    percent(Number.NaN),
    moment(''),
  ]).toEqual(Array(5).fill('–'));
  expect([fixed(1.005, 1), count(1234), percent(0.1234), String(moment('2026-11-23T10:00:31Z'))]).toEqual([
    ...['1.0', '1,234', '12.3\u00a0%', '<time datetime="2026-11-23T10:00:31Z">2026-11-23 10:00 UTC</time>'],
  ]);
});
