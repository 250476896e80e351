import { expect, it, vi } from 'vitest';
import type { Message } from '../../src/vision/protocol.js';
import { COLOUR, renderAt } from '../helpers/render_at.js';

/** What the process of the latest source tells the screen. */
let tell: (message: Message) => void = () => undefined;
vi.mock('../../src/vision/process.js', () => ({
  VisionProcess: class {
    constructor(_options: unknown, onMessage: (message: Message) => void) {
      tell = onMessage;
    }
    send(): void {}
    close = (): Promise<void> => Promise.resolve();
  },
}));

it('what is told of a source goes when another one is opened', () => {
  const screen = renderAt(100, 30, COLOUR, { screen: 'webcam', open: true });
  tell({ type: 'unread', path: 'holiday.png', message: 'holiday.png: no picture' });
  screen.flush();
  expect(screen.text()).toContain('holiday.png: no picture');
  screen.press('o', 'd', 'e', 'm', 'o', 'enter');
  expect(screen.text()).not.toContain('holiday.png');

  tell({ type: 'note', text: 'the picture is black' });
  screen.flush();
  expect(screen.text()).toContain('the picture is black');
  screen.press('r');
  expect(screen.text()).not.toContain('the picture is black');
  screen.unmount();
});
