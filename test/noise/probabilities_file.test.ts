import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readProbabilities, writeProbabilities } from '../../src/noise/probabilities_file.js';
import { DataError } from '../../src/util/errors.js';
import { folderWith } from '../data/fixtures.js';

const CLASSES = ['Happy', 'Sad', 'Fear'];

describe('a file of probabilities', () => {
  const file = (text: string): string => join(folderWith({ 'p.csv': text }), 'p.csv');

  it('is read as it was written', () => {
    const path = file('');
    const p = Float32Array.from([0.7, 0.2, 0.1, 1, 0, 0, 0.25, 0.25, 0.5]);
    writeProbabilities(path, [0, 1, 2], p, CLASSES);
    expect([...readProbabilities(path, 3, CLASSES)]).toEqual([...p].map((v) => expect.closeTo(v, 6)));
  });

  it('may have its columns and rows in any order', () => {
    const path = file('sad,INDEX,fear,happy,note\n0.5,1,0.5,0,x\n\n0,0,0.1,0.9,y\n');
    const [a, b, c, d, e, f] = readProbabilities(path, 2, CLASSES);
    expect([a, b, c, d, e, f]).toEqual([0.9, 0, 0.1, 0, 0.5, 0.5].map((v) => expect.closeTo(v, 6)));
  });

  it.each([
    ['index,happy,sad\n', 'p.csv:1: expected the columns index, Happy, Sad, Fear'],
    ['index,happy,sad,fear\n0,1,0,0\n', '1 rows; expected one for each of the 2 training images'],
    ['index,happy,sad,fear\n0,1,0,0\n0,1,0,0\n', 'p.csv:3: index 0 is listed twice'],
    ['index,happy,sad,fear\n2,1,0,0\n', 'p.csv:2: index 2; expected a training image, 0 to 1'],
    ['index,happy,sad,fear\n0,0.5,0.2,0.2\n', 'p.csv:2: the probabilities add up to 0.900'],
    ['index,happy,sad,fear\n0,1.5,-0.5,0\n', 'none negative'],
    ['index,happy,sad,fear\n0,1,0\n', 'p.csv:2: the probabilities add up to NaN'],
  ])('is refused when it is bad: %#', (text, message) => {
    expect(() => readProbabilities(file(text), 2, CLASSES)).toThrow(DataError);
    expect(() => readProbabilities(file(text), 2, CLASSES)).toThrow(message);
  });

  it('is refused when it is missing', () => {
    expect(() => readProbabilities('/nowhere/p.csv', 2, CLASSES)).toThrow('/nowhere/p.csv: cannot be read');
  });
});
