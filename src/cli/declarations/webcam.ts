import { VISION_DEFAULTS } from '../../vision/options.js';
import { SOURCE_HELP } from '../../vision/source_spec.js';
import type { ArgsOf } from '../declaration.js';
import { SCREEN } from './shared.js';
import { VISION } from './vision.js';

export const WEBCAM = {
  usage: 'webcam',
  describe: 'Find faces in a camera, video or stream and classify their expressions, live',
  options: {
    source: { type: 'string', requiresArg: true, default: '0', describe: SOURCE_HELP },
    ...VISION,
    smoothing: {
      type: 'number',
      requiresArg: true,
      default: VISION_DEFAULTS.smoothing,
      describe: 'seconds over which the probabilities of a face are averaged; 0: each frame on its own',
    },
    mirror: {
      type: 'boolean',
      default: VISION_DEFAULTS.mirror,
      describe: 'flip the picture, as in a mirror',
    },
    reconnect: {
      type: 'number',
      requiresArg: true,
      default: VISION_DEFAULTS.reconnect,
      describe:
        'connect again so many times in a row when a camera or stream goes away or stalls; 0: give up at once',
    },
    every: {
      type: 'number',
      requiresArg: true,
      default: VISION_DEFAULTS.every,
      describe: 'analyse only every N-th frame',
    },
    record: {
      type: 'string',
      requiresArg: true,
      describe: 'write the video with boxes and labels to a .mp4, .mkv or .avi file',
    },
    snapshot: {
      type: 'string',
      requiresArg: true,
      describe: 'folder for photos: one per press of p, or without a screen one of each new face',
    },
    'max-frames': { type: 'number', requiresArg: true, describe: 'stop after N frames' },
    headless: { type: 'boolean', default: false, describe: 'print lines instead of showing the screen' },
    ...SCREEN,
  },
  examples: [
    ['$0 webcam', 'the first camera'],
    ['$0 webcam --source video.mp4 --csv faces.csv --record out.mp4', 'a video, to a table and a video'],
  ],
} as const;

export type WebcamArgs = ArgsOf<typeof WEBCAM>;
