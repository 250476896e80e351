import { expect, it } from 'vitest';
import { CLASS_NAMES, CSV_CLASS_NAMES, classIndex } from '../../src/util/classes.js';

it('the classes are in alphabetical order, and the same in the order of fer2013.csv', () => {
  expect([...CLASS_NAMES]).toEqual([...CLASS_NAMES].sort());
  // Kaggle: 0=Angry, 1=Disgust, 2=Fear, 3=Happy, 4=Sad, 5=Surprise, 6=Neutral
  expect(CSV_CLASS_NAMES.map((name) => CLASS_NAMES.indexOf(name))).toEqual([0, 1, 2, 3, 5, 6, 4]);
});

it('every synonym in any case leads to its class, and no other word does', () => {
  const words: Record<(typeof CLASS_NAMES)[number], string[]> = {
    Angry: ['angry', 'Anger'],
    Disgust: ['DISGUST', 'disgusted'],
    Fear: ['fear', 'fearful', 'afraid', 'scared'],
    Happy: ['happy', 'happiness', 'joy'],
    Neutral: ['neutral', 'neutrality'],
    Sad: ['sad', ' sadness\n'],
    Surprise: ['surprise', 'surprised'],
  };
  for (const [i, name] of CLASS_NAMES.entries())
    for (const word of words[name]) expect(classIndex(word), word).toBe(i);
  for (const word of ['', 'contempt', 'ang', 'happy face']) expect(classIndex(word), word).toBeUndefined();
});
