import { expect, it } from 'vitest';
import { CLASS_NAMES, CSV_CLASS_NAMES, expressionOf, sameClass } from '../../src/util/classes.js';

it('the classes are in alphabetical order, and the same in the order of fer2013.csv', () => {
  expect([...CLASS_NAMES]).toEqual([...CLASS_NAMES].sort());
  // Kaggle: 0=Angry, 1=Disgust, 2=Fear, 3=Happy, 4=Sad, 5=Surprise, 6=Neutral
  expect(CSV_CLASS_NAMES.map((name) => CLASS_NAMES.indexOf(name))).toEqual([0, 1, 2, 3, 5, 6, 4]);
});

it('every synonym in any case leads to its class, and no other word does', () => {
  const words: Record<(typeof CLASS_NAMES)[number] | 'Contempt', string[]> = {
    Angry: ['angry', 'Anger'],
    Contempt: ['contempt', 'Contemptuous'],
    Disgust: ['DISGUST', 'disgusted'],
    Fear: ['fear', 'fearful', 'afraid', 'scared'],
    Happy: ['happy', 'happiness', 'joy'],
    Neutral: ['neutral', 'neutrality'],
    Sad: ['sad', ' sadness\n'],
    Surprise: ['surprise', 'surprised'],
  };
  for (const [name, own] of Object.entries(words))
    for (const word of own) expect(expressionOf(word), word).toBe(name);
  for (const word of ['', 'bored', 'ang', 'happy face']) expect(expressionOf(word), word).toBeUndefined();
});

it('classes are the same by any word for an expression, and others in any case and encoding of accents', () => {
  for (const [a, b] of [
    ['joy', 'Happy'],
    ['Cat', ' cat'],
    ['col\u00e8re', 'Cole\u0300re'],
    ['contempt', 'Contempt'],
  ] as const)
    expect(sameClass(a, b), a).toBe(true);
  for (const [a, b] of [
    ['cat', 'dog'],
    ['happy', 'sad'],
    ['', 'sad'],
  ] as const)
    expect(sameClass(a, b), a).toBe(false);
});
