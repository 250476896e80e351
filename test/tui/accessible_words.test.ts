import { describe, expect, it } from 'vitest';
import { parseCommand, TRAINING_HELP } from '../../src/tui/accessible_words.js';

describe('the words of the accessible mode, while training', () => {
  it.each([
    ['p', { type: 'pause' }],
    ['c', { type: 'continue' }],
    ['one', { type: 'step' }],
    ['v', { type: 'validate' }],
    ['k', { type: 'checkpoint' }],
    ['l 0.0005', { type: 'lr', lr: 0.0005 }],
    ['e', { type: 'stop', after: 'epoch' }],
    [' s ', { type: 'stop', after: 'batch' }],
    ['d', { type: 'leave' }],
    ['', undefined],
    ['?', TRAINING_HELP],
  ])('"%s"', (line, meant) => expect(parseCommand(line)).toEqual(meant));

  it.each(['x', 'stop', 'p 3', 'constructor'])('"%s" is not understood', (line) => {
    expect(parseCommand(line)).toBe(`not understood: ${line}; try ?`);
  });

  it.each(['l', 'l fast', 'l 0', 'l 11'])('"%s": the rate is wanting', (line) => {
    expect(parseCommand(line)).toContain('a number in (0, 10]');
  });

  it('has every word in its help', () => {
    for (const word of ['p', 'c', 'one', 'l RATE', 'v', 'k', 'e', 's', 'd'])
      expect(TRAINING_HELP).toContain(`${word}: `);
  });
});
