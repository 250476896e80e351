import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { reportPage } from '../../src/pages/report.js';
import type { EpochEvent, StartEvent, TrainEvent } from '../../src/train/events.js';
import { type RunReview, reviewRun } from '../../src/train/run_review.js';
import { findRun } from '../../src/train/runs.js';
import { fakeEnd, fakeEvents } from '../helpers/events.js';
import { attribute, pageProblems, parsePage, textOf } from '../helpers/pages.js';
import { fullReview } from '../helpers/reviews.js';
import { type RunFiles, runsFolder, writeRun } from '../helpers/run_folders.js';

const HOSTILE = `"'><script>alert(1)</script><img src="https://example.org/x.png">`;

/** The page of a run of these files. */
async function pageOf(files: RunFiles, running = false): Promise<string> {
  const parent = runsFolder();
  const path = writeRun(parent, 'r7', files);
  if (running) writeFileSync(join(path, 'lock'), String(process.pid));
  return reportPage(await reviewRun(findRun('r7', parent)));
}

/** The text that a reader sees. */
function seen(page: string): string {
  const body = parsePage(page).elements.find(({ tagName }) => tagName === 'body');
  return body === undefined ? '' : textOf(body).replaceAll('\u00a0', ' ');
}

describe('the page of a run', () => {
  it('is right HTML that loads nothing, with a heading for every part', () => {
    const page = reportPage(fullReview());
    expect(pageProblems(page)).toEqual([]);
    const { elements } = parsePage(page);
    const headings = elements.filter(({ tagName }) => tagName === 'h2').map(textOf);
    expect(headings).toEqual([
      ...['Learning curves', 'Each class', 'Confusion matrix', 'Calibration', 'First-layer filters'],
      ...['Most confident mistakes', 'Network', 'Settings', 'Environment', 'Reproduce'],
    ]);
    // Loss and accuracy; the learning rate stays; reliability. Two filters and one mistake.
    expect(
      elements
        .filter(({ tagName }) => tagName === 'svg')
        .filter(({ attrs }) => attrs.some(({ name }) => name === 'role')),
    ).toHaveLength(3);
    expect(elements.filter(({ tagName }) => tagName === 'img')).toHaveLength(3);
  });

  it('says what the review says', () => {
    const text = seen(reportPage(fullReview()));
    for (const words of [
      'fer-cnn on drawn faces: 560 training and 70 validation images. Begun 2026-11-23 10:00 UTC.',
      'the network is right for 75.0 % of the validation images',
      'Always answering the most frequent class would be right for 25.1 %',
      'Expected calibration error (ECE): 12.5 %',
      'fer-tui train \\\n  --batch 9',
      'true: Fear 20.0 %',
      '0.1.0',
      'after 2 epochs: the learning rate was halved',
      '50 % of Fear is taken for Sad',
    ])
      expect(text).toContain(words);
  });

  it('says of each mistake what it was taken for, and how surely, beside its picture and in its stead', () => {
    const page = reportPage(fullReview());
    const alts = parsePage(page).elements.flatMap((element) => attribute(element, 'alt') ?? []);
    expect(alts.at(-1)?.replaceAll('\u00a0', ' ')).toBe(
      'Validation image 5: Fear, taken for Sad with 60.0 %',
    );
    expect(seen(page)).toContain('Sad 60.0 %true: Fear 20.0 %');
  });

  it('has equal bytes for equal reviews', () => {
    expect(reportPage(fullReview())).toBe(reportPage(fullReview()));
  });

  it('shows whatever files hold as text', async () => {
    const [start, ...rest] = fakeEvents() as [StartEvent, ...TrainEvent[]];
    const hostile: StartEvent = {
      ...{ ...start, model: HOSTILE, adapter: HOSTILE, t: HOSTILE },
      environment: { version: HOSTILE, node: HOSTILE, platform: HOSTILE },
      data: { ...start.data, name: HOSTILE, classes: Array(7).fill(HOSTILE) },
      config: { ...start.config, [HOSTILE]: HOSTILE, data: HOSTILE },
    };
    const error: TrainEvent = { type: 'error', message: HOSTILE, exit: 1 };
    const failed: TrainEvent = { type: 'end', status: 'failed', exit: 1 };
    const page = await pageOf({ events: [hostile, ...rest, error, failed], files: { 'note.txt': HOSTILE } });
    expect(pageProblems(page)).toEqual([]);
    const elements = parsePage(page).elements.map(({ tagName }) => tagName);
    expect(elements).not.toContain('script');
    expect(elements).not.toContain('img');
    expect(seen(page).split(HOSTILE).length).toBeGreaterThan(15);
  });

  it('shows the hostile names of weights as text, too', () => {
    const full = fullReview();
    if (!('value' in full.evaluation) || !('value' in full.weights)) throw new Error('a full review');
    const { perClass } = full.evaluation.value;
    const review: RunReview = {
      ...full,
      evaluation: {
        value: {
          ...full.evaluation.value,
          perClass: perClass.map((one) => ({ ...one, name: HOSTILE })),
          data: HOSTILE,
        },
      },
      weights: { value: { ...full.weights.value, classes: Array(7).fill(HOSTILE), file: HOSTILE } },
    };
    const page = reportPage(review);
    expect(pageProblems(page)).toEqual([]);
    expect(parsePage(page).elements.filter(({ tagName }) => tagName === 'img')).toHaveLength(3);
  });
});

describe('a run that is not whole', () => {
  const all = fakeEvents();
  const [start] = all as [StartEvent];
  const without = (event: TrainEvent): TrainEvent => {
    if (event.type === 'start') {
      const { classes: _, majority: __, ...data } = event.data;
      return { ...event, data, config: { model: 'fer-older', size: 48 } };
    }
    if (event.type !== 'epoch' || event.val === undefined) return event;
    const { confusion: _, ...val } = event.val;
    return { ...event, val };
  };
  const failed: TrainEvent[] = [
    { type: 'error', message: 'the loss is not finite', exit: 6 },
    { type: 'end', status: 'failed', exit: 6 },
  ];
  const nan = all.map((event) =>
    event.type === 'epoch' && event.epoch === 2
      ? ({ ...event, val: { ...event.val, loss: Number.NaN } } as EpochEvent)
      : event,
  );
  it.each<[string, RunFiles, string[]]>([
    ['interrupted', { events: all }, ['interrupted after 3 of 5 epochs', 'fer-tui train --resume']],
    ['stopped', { events: [...all, ...fakeEnd('stopped')] }, ['The run was stopped after 3 of 5 epochs']],
    [
      'stopped early',
      { events: [...all, ...fakeEnd('early-stop')] },
      ['Early stopping ended the run after 3 of 5'],
    ],
    [
      'failed',
      { events: [...all, ...failed] },
      ['The run failed after 3 of 5 epochs: the loss is not finite'],
    ],
    [
      'damaged',
      { events: all, rest: 'nonsense\n{"type":"end"}\n' },
      ['is damaged behind line 64', '3 of 5 epochs'],
    ],
    [
      'just begun',
      { events: [start] },
      ['0 of 5 epochs', 'so there is no result yet', 'so there are no curves'],
    ],
    [
      'without validation',
      { events: [start, { ...(all.at(-1) as EpochEvent), val: undefined } as never] },
      ['There was no validation', 'Not known: '],
    ],
    [
      'old',
      { events: all.map(without) },
      ['not recorded', 'Not known: ', 'size', 'not a setting of this version'],
    ],
    ['with a loss that is no number', { events: nan }, ['–']],
  ])('%s has a page that says so', async (_, files, words) => {
    const page = await pageOf(files);
    expect(pageProblems(page)).toEqual([]);
    for (const said of words) expect(seen(page)).toContain(said);
    expect(seen(page)).not.toMatch(/undefined|NaN|null/);
  });

  it('and one that is going on, too', async () => {
    expect(seen(await pageOf({ events: all }, true))).toContain(
      'still going on. This page shows its first 3 of 5',
    );
  });

  it('takes the confusion of the log where the weights are missing', async () => {
    const text = seen(await pageOf({}));
    expect(text).toContain('From the log of epoch 3, because the weights could not be evaluated now');
    expect(text).toContain('Not measured: ');
    expect(text).toContain('Not shown: ');
  });
});

it('the page of a run needs no file but itself', () => {
  expect(readFileSync('src/pages/style.ts', 'utf8')).not.toMatch(/https?:|url\(/);
});
