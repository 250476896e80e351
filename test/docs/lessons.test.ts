import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { numbered } from '../../scripts/source.mjs';
import { LABS } from '../../src/labs/all.js';
import { LESSONS, lessonFor, lessonText } from '../../src/learn/lessons.js';
import { STAGES } from '../../src/learn/report.js';
import * as layers from '../../src/nn/layers.js';
import { buildModel } from '../../src/nn/models.js';
import {
  blocksOf,
  commandsOf,
  equationsIn,
  figuresIn,
  patchOf,
  pointersOf,
  proseOf,
  readLesson,
  unlike,
} from '../helpers/lesson.js';

const printedIn = (file: string): string[] =>
  commandsOf(readLesson(file)).flatMap(({ printed = '' }) => figuresIn(printed));

/** Where else figures of prose come from that no block of their lesson shows. */
const FACTS: Readonly<Record<string, () => readonly string[]>> = {
  '05-batch-norm.md': () => figuresIn(readFileSync('examples/small_network.mjs', 'utf8')),
  '07-backpropagation.md': () => figuresIn(buildModel('fer-cnn').summary().trainable.toLocaleString('en')),
  '10-regularisation.md': () => printedIn('09-optimisers.md'),
  '11-evaluation.md': () => [
    ...printedIn('09-optimisers.md'),
    ...figuresIn(readFileSync('docs/results.md', 'utf8')),
  ],
  '12-gpu.md': () => figuresIn(readFileSync('docs/performance.md', 'utf8')),
  '13-what-a-network-sees.md': () => figuresIn(readFileSync('docs/results.md', 'utf8')),
};

describe.each(LESSONS)('lesson $file', ({ file, title, terms }) => {
  const text = readLesson(file);
  const number = LESSONS.findIndex((lesson) => lesson.file === file);

  it('has its title, its parts in order, one exercise and three questions', () => {
    expect(text.startsWith(`# ${number + 1}. ${title}\n\n**You will understand** `)).toBe(true);
    const headings = [...proseOf(text).matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
    expect(headings.slice(-3)).toEqual(['The source', 'Exercise', 'Questions']);
    const folds = [...text.matchAll(/^<details>\n<summary>(.*)<\/summary>\n/gm)].map(([, name]) => name);
    expect(folds).toEqual(['Solution', 'Answer', 'Answer', 'Answer']);
    expect(text.match(/^<\/details>$/gm)).toHaveLength(4);
    expect([...text.slice(text.indexOf('\n## Questions')).matchAll(/^(\d)\. /gm)].map(([, n]) => n)).toEqual([
      '1',
      '2',
      '3',
    ]);
  });

  it('links to its neighbours', () => {
    const foot = text.trimEnd().split('\n').at(-1) ?? '';
    const links = [...foot.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link);
    const expected = [LESSONS[number - 1]?.file, 'README.md', LESSONS[number + 1]?.file];
    expect(links).toEqual(expected.filter((link) => link !== undefined));
  });

  it('introduces its terms in bold, and uses none of a later lesson', () => {
    const prose = proseOf(text)
      .replaceAll(/`[^`\n]+`|\]\([^)]*\)/g, '')
      .replaceAll(/\s+/g, ' ')
      .toLowerCase();
    const bold = [...prose.matchAll(/\*\*([^*]+)\*\*/g)].map(([, word = '']) => word);
    const missing = terms
      .map((term) => term.toLowerCase())
      .filter((term) => !bold.some((word) => word.includes(term) || term.includes(word)));
    expect(missing).toEqual([]);
    const body = prose.slice(0, prose.lastIndexOf('[contents')); // the foot names the next lesson
    const later = LESSONS.slice(number + 1).flatMap((lesson) => lesson.terms);
    expect(later.filter((term) => new RegExp(`\\b${term.toLowerCase()}`).test(body))).toEqual([]);
  });

  it('points at parts of the source that exist, of 20 to 80 lines', () => {
    const pointers = pointersOf(text);
    expect(pointers.length).toBeGreaterThan(0);
    for (const { file: source, from, to } of pointers) {
      const lines = numbered(readFileSync(source, 'utf8'), from, to).split('\n').length;
      expect(lines, `${source} ${from ?? ''}`).toBeGreaterThanOrEqual(20);
      expect(lines, `${source} ${from ?? ''}`).toBeLessThanOrEqual(80);
    }
  });

  const formulas = [
    ...blocksOf(text).flatMap((block) => (block.kind === '' ? [block.text] : [])),
    ...[...proseOf(text).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code),
  ];
  const equations = formulas.flatMap(equationsIn);

  it('computes right', () => {
    const wrong = equations.filter(
      ({ left, right, decimals }) =>
        !(Math.abs(left - right) <= 0.500001 * 10 ** -decimals + 1e-9 * Math.abs(right)),
    );
    expect(wrong).toEqual([]);
  });

  it('quotes no figure that is not computed, printed or a fact', () => {
    const checked = new Set([
      ...equations.flatMap(({ text: equation }) => figuresIn(equation)),
      ...printedIn(file),
      ...figuresIn(patchOf(text)),
      ...(FACTS[file]?.() ?? []),
    ]);
    // Not figures: targets of links, options of commands, years of papers, and FER-2013.
    const prose = proseOf(text).replaceAll(/\]\([^)]*\)|`--[^`]*`| (?:19|20)\d\d\)|FER-2013/g, ']');
    const quoted = figuresIn(prose).filter((figure) => figure.includes('.') || figure.length > 3);
    expect(quoted.filter((figure) => !checked.has(figure))).toEqual([]);
  });
});

it('docs/learn/README.md lists the lessons in order', () => {
  const listed = [...readLesson('README.md').matchAll(/^\d+\. \[([^\]]+)\]\(([^)]+)\)/gm)];
  expect(listed.map(([, title, file]) => ({ title, file }))).toEqual(
    LESSONS.map(({ title, file }) => ({ title, file })),
  );
});

it('the labs that lessons name exist, and every lab has its lesson', () => {
  const named = LESSONS.flatMap(({ file }) =>
    [...readLesson(file).matchAll(/fer-tui lab ([\w-]+)/g)].map(([, name]) => name),
  );
  const known = LABS.map(({ name }) => name);
  expect(named.filter((name) => !known.includes(name as string))).toEqual([]);
  expect(known.filter((name) => !named.includes(name))).toEqual([]);
});

it('every kind of layer has one lesson', () => {
  const kinds: readonly string[] = LESSONS.flatMap((lesson) => lesson.kinds);
  const known = Object.keys(layers).filter((name) => /^[A-Z][A-Za-z0-9]*$/.test(name));
  expect(kinds.toSorted()).toEqual(known.toSorted());
});

it('every stage of the Learn screen has one lesson', () => {
  const stages: readonly string[] = LESSONS.flatMap((lesson) => lesson.stages);
  expect(stages.toSorted()).toEqual([...STAGES].sort());
  expect(lessonFor('loss').file).toBe('06-softmax-and-cross-entropy.md');
  expect(lessonFor('loss', 'Conv2D').file).toBe('06-softmax-and-cross-entropy.md');
  expect(lessonFor('forward').file).toBe('02-convolution.md');
  expect(lessonFor('forward', 'BatchNormalization').file).toBe('05-batch-norm.md');
  expect(lessonFor('forward', 'a layer of your own').file).toBe('02-convolution.md');
  expect(lessonText(lessonFor('backward'))).toContain('# 8. The gradient of each layer');
});

describe('these checks notice', () => {
  it.each([
    ['2 * 3 = 7', 1],
    ['y = 2 * 3 = 6, and 4 + 4 = 9', 1],
    ['-ln(1 / 7) = 1.9459', 0],
    ['-ln(1 / 7) = 1.9460', 1],
    ['28 * 48 * 48 = 64,512', 0],
    ['x = y * 2', 0],
    ['m = w * x   = 3 * 2   = 7      a word', 1],
    ['right:  32 / 60 = 0.533   and wrong:  32 / 60 = 0.534', 1],
  ])('%s', (text, wrong) => {
    const equations = equationsIn(text);
    const off = equations.filter(
      ({ left, right, decimals }) => Math.abs(left - right) > 0.500001 * 10 ** -decimals,
    );
    expect(off).toHaveLength(wrong);
  });

  it.each([
    ['a\nb', 'a\nb\n', 0, true],
    ['a\nb', 'a\nc', 0, false],
    ['a', 'a\nb', 0, false],
    ['a\n...', 'a\nb', 0, true],
    ['...\nb\n...\nd', 'a\nb\nc\nd', 0, true],
    ['...\nd\n...\nb', 'a\nb\nc\nd', 0, false],
    ['...\nb\nd', 'a\nb\nc\nd', 0, false],
    ['loss 1.95', 'loss 1.98', 0.05, true],
    ['loss 1.95', 'loss 2.95', 0.05, false],
    ['loss 1.95', 'lass 1.95', 0.05, false],
    ['loss 1.95  ...', 'loss 1.95  429 img/s', 0, true],
    ['loss 1.95  ...', 'loss 1.96  429 img/s', 0, false],
    ['loss 1.95  ...', 'loss 1.96  429 img/s', 0.05, true],
    ['loss 1.95  ...', 'loss 2.96  429 img/s', 0.05, false],
  ])('%j shown, %j printed, within %d', (shown, printed, within, alike) => {
    expect(unlike(shown, printed, within) === undefined).toBe(alike);
  });
});
