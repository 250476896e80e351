import { WEBCAM_OFF, type WebcamState } from '../../src/tui/webcam_live.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { demoFrame } from '../../src/vision/demo.js';
import { VISION_DEFAULTS, visionOptions } from '../../src/vision/options.js';
import type { Face, FrameMessage } from '../../src/vision/protocol.js';
import type { SourceInfo } from '../../src/vision/source.js';
import { describeScreens, type ScreenCase } from '../helpers/screen_cases.js';

/** When all of this is, milliseconds of `Date.now`. */
const NOW = 1_800_000_000_000;

/** States of the Webcam screen, without a process behind them. */

const SOURCE: SourceInfo = {
  ...{ kind: 'camera', name: 'camera 0', width: 640, height: 480, fps: 30, live: true, stills: false },
};

/** A frame of the demo with these faces, 87 % sure of being happy. */
function fakeFrame(index: number): FrameMessage {
  const { picture, known } = demoFrame(index);
  const input = { width: 48, height: 48, channels: 1 as const, data: new Uint8Array(48 * 48).fill(99) };
  const faces: Face[] = known.map((box, i) => ({
    ...{ track: i + 1, box, label: i === 0 ? 'Happy' : 'Sad' },
    probabilities: CLASS_NAMES.map((name) => (name === (i === 0 ? 'Happy' : 'Sad') ? 0.87 : 0.13 / 6)),
  }));
  return {
    ...{ type: 'frame', frame: index, t: index / 15, width: 640, height: 480, faces, leftOut: 0, picture },
    ...{ inputs: known.map(() => input), fps: 12, dropped: 3, ms: { capture: 9, detect: 21, classify: 4 } },
  };
}

/** Frames of the demo with one face, two, and none. */
const [ONE, TWO, NOBODY] = [10, 100, 150] as const;

function webcamState(change: Partial<WebcamState>): WebcamState {
  const options = visionOptions('0', VISION_DEFAULTS, { pace: 'live' });
  return { ...WEBCAM_OFF, options, since: NOW, ...change };
}

function liveState(index: number, change: Partial<WebcamState> = {}): WebcamState {
  return webcamState({
    ...{ phase: 'live', source: SOURCE, model: { name: 'best of r11', classes: CLASS_NAMES } },
    ...{ frame: fakeFrame(index), frameAt: NOW, seenAt: NOW - 4000 },
    ...change,
  });
}

const screen = 'webcam' as const;
const MANY = Array.from({ length: 40 }, (_, i) => `person ${i}`);

const CASES: readonly Omit<ScreenCase, 'state'>[] = [
  { screen, name: 'off', own: WEBCAM_OFF, words: ['the camera is off', 'r opens it'] },
  { screen, name: 'opening', own: webcamState({ phase: 'opening' }), words: ['opening camera 0'] },
  {
    screen,
    name: 'opening for long',
    own: webcamState({ phase: 'opening', since: NOW - 6000 }),
    words: ['opening, 6 s', 'no picture yet', 'r tries again'],
  },
  {
    screen,
    name: 'loading the model',
    own: webcamState({ phase: 'model', source: SOURCE }),
    words: ['loading the model'],
  },
  {
    screen,
    name: 'no camera',
    own: webcamState({ phase: 'failed', failure: 'camera 0: not found (no /dev/video0); plug one in' }),
    words: ['camera 0: not found', 'r tries again', 'no picture'],
  },
  { screen, name: 'one face', own: liveState(ONE), words: ['camera 0', 'Happy 87 %', '1 face'] },
  { screen, name: 'two faces', own: liveState(TWO), words: ['Happy 87 %', 'Sad 87 %', '2 faces'] },
  {
    screen,
    name: 'many classes',
    own: liveState(ONE, {
      model: { name: 'own', classes: MANY },
      frame: {
        ...fakeFrame(ONE),
        faces: fakeFrame(ONE).faces.map((face) => ({
          ...{ ...face, label: 'person 39' },
          probabilities: MANY.map((_, i) => (i === 39 ? 0.61 : 0.01)),
        })),
      },
    }),
    words: ['person 39', '61 %', '1 face'],
  },
  { screen, name: 'the next face', own: liveState(TWO), keys: ['f'], words: ['Sad', '87 %'] },
  {
    screen,
    name: 'Grad-CAM',
    own: liveState(ONE, { frame: { ...fakeFrame(ONE), heatMs: 8.6 } }),
    words: ['Grad-CAM: 9 ms'],
  },
  { screen, name: 'nobody', own: liveState(NOBODY), words: ['No face found', 'last seen 4 s ago'] },
  { screen, name: 'frozen', own: liveState(ONE), keys: ['space'], words: ['frozen'] },
  {
    screen,
    name: 'stalled',
    own: liveState(ONE, { frameAt: NOW - 5000 }),
    words: ['camera stalled', 'r reconnects'],
  },
  {
    screen,
    name: 'ended',
    own: liveState(ONE, {
      phase: 'ended',
      summary: {
        frames: 1234,
        dropped: 5,
        seconds: 60,
        without: 34,
        unread: 0,
        leftOut: 0,
        labels: { Sad: 200, Happy: 1000 },
      },
    }),
    words: ['ended: 1,234 frames', 'Happy 1,000'],
  },
  {
    screen,
    name: 'asking for a source',
    own: liveState(ONE),
    keys: ['o', 'x', 'enter'],
    words: ['x: there is no'],
  },
  { screen, name: 'what is this', own: liveState(ONE), keys: ['i'], words: ['what am I seeing'] },
];

describeScreens(CASES.map((one) => ({ ...one, state: { now: NOW } })));
