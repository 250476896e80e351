import { expect, it } from 'vitest';
import { dataLines, evaluationLines } from '../../src/tui/accessible_lines.js';

const classes = ['Angry', 'Happy', 'Sad'];
const truth = Uint8Array.of(0, 0, 0, 1, 1);

it('a data set is told with its notes, and the images of each class in the splits that have some', () => {
  const splits = {
    train: { labels: truth, constant: [] },
    validation: { labels: Uint8Array.of(1), constant: [] },
    test: { labels: new Uint8Array(0), constant: [] },
  };
  const notes = ['a note'];
  expect(
    dataLines({ path: 'synthetic', name: 'drawn faces', classes, splits, notes, skipped: 0, bad: [] }),
  ).toEqual([
    'drawn faces',
    'a note',
    'train: 5 images: Angry 3, Happy 2, Sad 0',
    'validation: 1 images: Angry 0, Happy 1, Sad 0',
  ]);
});

it('an evaluation is told with the recall of each class, and which has no images', () => {
  expect(evaluationLines('test', { truth, predicted: Uint8Array.of(0, 1, 2, 1, 1), classes })).toEqual([
    'accuracy on test: 60.0 %',
    'recall of Angry: 33.3 %',
    'recall of Happy: 100.0 %',
    'recall of Sad: no images',
  ]);
});
