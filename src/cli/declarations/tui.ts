import { SCREEN_NAMES } from '../../tui/app_state.js';
import type { ArgsOf } from '../declaration.js';
import { ACCESSIBLE, SCREEN } from './shared.js';

export const TUI = {
  usage: 'tui [screen]',
  describe: 'Open the terminal UI; fer-tui without a command does the same',
  positionals: { screen: { choices: SCREEN_NAMES, describe: 'screen to open first' } },
  options: {
    fps: {
      type: 'number',
      requiresArg: true,
      default: 15,
      describe: 'how often the screen is updated during training, per second',
    },
    ...SCREEN,
    accessible: ACCESSIBLE,
    replay: {
      type: 'string',
      requiresArg: true,
      describe: "play back a run's log (its events.ndjson) on the Train screen",
    },
    'replay-speed': {
      type: 'number',
      requiresArg: true,
      default: 20,
      describe: 'events per second of --replay',
    },
  },
  examples: [
    ['$0', 'the terminal UI'],
    ['$0 tui webcam', 'its camera screen'],
  ],
} as const;

export type TuiArgs = ArgsOf<typeof TUI>;
