import { expect, it } from 'vitest';
import { importanceText } from '../../src/cli/importance_text.js';

const found = {
  parameters: [
    { name: 'lr', share: 0.75, clear: true },
    { name: 'dropout', share: 0.25, clear: false },
  ],
  ...{ trials: 20, epochs: 3, explained: 0.42 },
};

it('draws the importance of each setting, and says what is not more than chance', () => {
  expect(
    importanceText(found, 'ascii'),
  ).toBe(`importance of the settings: 20 trials after 3 epochs, 42 % of the variance explained
  lr       ##################         75 %
  dropout  ######                     25 %  no more than chance
`);
  expect(importanceText(found, 'unicode')).toContain(`lr       ${'█'.repeat(18)} `);
  expect(importanceText({ ...found, explained: 0.004 }, 'ascii')).toBe(
    'importance of the settings: the settings explain none of the variance of 20 trials after 3 epochs\n',
  );
  expect(importanceText(undefined, 'ascii')).toContain(
    'too few trials have results; at least 10 are needed\n',
  );
});
