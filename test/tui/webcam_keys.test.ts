import { beforeEach, expect, it, vi } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import type { WeightFile } from '../../src/engine/requests.js';
import { weightsPath } from '../../src/train/shipped_models.js';
import { NEW_WORKSPACE } from '../../src/tui/workspace.js';
import { VISION_DEFAULTS, visionOptions } from '../../src/vision/options.js';
import type { Command, Message, VisionOptions } from '../../src/vision/protocol.js';
import { COLOUR, type Rendered, renderAt, SILENT_ENGINE } from '../helpers/render_at.js';

/** What every process of the camera was opened with, what it was sent, and how it speaks. */
const opened: VisionOptions[] = [];
const sent: Command[] = [];
let tell: (message: Message) => void = () => undefined;
vi.mock('../../src/vision/process.js', () => ({
  VisionProcess: class {
    constructor(options: VisionOptions, onMessage: (message: Message) => void) {
      opened.push(options);
      tell = onMessage;
    }
    send = (command: Command): void => void sent.push(command);
    close = (): Promise<void> => Promise.resolve();
  },
}));
beforeEach(() => {
  opened.length = 0;
  sent.length = 0;
});

const TRAINED: WeightFile[] = [{ label: 'best of r3', path: 'runs/r3/best.safetensors' }];
const engine: Engine = { ...SILENT_ENGINE, request: () => Promise.resolve(TRAINED as never) };
const FRAME: Message = {
  ...{ type: 'frame', frame: 1, t: 0, width: 640, height: 480, faces: [], leftOut: 0, inputs: [] },
  ...{ picture: undefined, fps: 15, dropped: 0, ms: { capture: 1, detect: 1, classify: 1 } },
} as never;

const webcam = (): Rendered => renderAt(100, 30, COLOUR, { screen: 'webcam', engine, open: true });
const press = async (at: Rendered, ...keys: string[]): Promise<void> => {
  at.press(...keys);
  await Promise.resolve();
  await Promise.resolve();
  at.flush();
};

it('m gives the picture another model: at once where it runs, else with a new start', async () => {
  const at = webcam();
  await press(at, 'm');
  expect(at.text()).toContain('which model?');
  await press(at, '1');
  expect(opened.map(({ weights }) => weights)).toEqual([undefined, ['runs/r3/best.safetensors']]);
  expect(at.program.store.state.workspace.weights).toBe('runs/r3/best.safetensors');
  tell(FRAME);
  await press(at, 'm');
  await press(at, 'f', ...'package.json', 'enter');
  expect(sent).toEqual([{ type: 'model', weights: ['package.json'] }]);
  expect(opened).toHaveLength(2); // the picture goes on
  at.unmount();
});

it('M asks for models that vote, and ends no picture for a name that is wrong', async () => {
  const at = webcam();
  tell(FRAME);
  await press(at, 'M', ...'package.json + nowhere', 'enter');
  expect(at.text()).toContain('nowhere');
  expect(at.text()).toContain('models that vote');
  expect(sent).toEqual([]);
  await press(at, 'ctrl+u', ...'package.json + fer-vgg', 'enter');
  expect(sent).toEqual([{ type: 'model', weights: ['package.json', 'fer-vgg'] }]);
  expect(weightsPath('fer-vgg')).toMatch(/fer-vgg/); // a name that comes with the program
  await press(at, 'M');
  expect(at.text()).toContain('package.json + fer-vgg'); // those in use
  expect(opened).toHaveLength(1);
  at.unmount();
});

/** A screen that was told what to look at, and its state. */
function told(change: Partial<VisionOptions>, own: object = {}, state: object = {}) {
  const options = { ...visionOptions('demo', VISION_DEFAULTS, { pace: 'live' }), ...change };
  const at = renderAt(100, 30, COLOUR, {
    ...{ screen: 'webcam', engine, open: true },
    state: { screens: { webcam: { options, ...own } }, ...state },
  });
  return { at, focus: () => (at.program.store.state.screens['webcam'] as { focus?: number })?.focus };
}
const face = (track: number, x: number) => ({
  ...{ track, box: { x, y: 0, width: 10, height: 10 }, label: 'Happy', probabilities: [1] },
});

it('opens with the model that was chosen last, mirrored and smoothed as it was left', async () => {
  const workspace = { ...NEW_WORKSPACE, weights: 'runs/r9/best.safetensors' };
  const at = renderAt(100, 30, COLOUR, { screen: 'webcam', engine, open: true, state: { workspace } });
  expect(opened[0]).toMatchObject({ weights: ['runs/r9/best.safetensors'], mirror: false, smoothing: 0.4 });
  at.unmount();
  told({ smoothing: 2 }, { mirror: true, smoothed: false }).at.unmount();
  expect(opened[1]).toMatchObject({ mirror: true, smoothing: 0 });
  told({ smoothing: 2 }, { smoothed: true }).at.unmount();
  expect(opened[2]).toMatchObject({ mirror: false, smoothing: 2 });
});

it('r opens the source again, and writes no file a second time; what the first one still says is not heard', async () => {
  const { at } = told({ record: 'out.mp4', csv: 'faces.csv', every: 3 });
  const first = tell;
  tell({ type: 'opened', drawn: true, source: { name: 'demo', kind: 'demo' } as never });
  tell(FRAME);
  await press(at, 'r');
  expect(opened.map(({ record, csv, every }) => [record, csv, every])).toEqual([
    ['out.mp4', 'faces.csv', 3],
    [undefined, undefined, 3],
  ]);
  first({ type: 'failed', message: 'the first one broke', exit: 7 });
  at.flush();
  expect(at.text()).not.toContain('the first one broke');
  tell({ type: 'failed', message: 'the second one broke', exit: 7 });
  at.flush();
  expect(at.text()).toContain('the second one broke');
  at.unmount();
});

it('b, e, h, space and p tell the process what they are for', async () => {
  const { at } = told({ smoothing: 2, snapshots: 'mine' });
  tell(FRAME);
  at.flush();
  await press(at, 'b', 'b', 'e', 'e', 'space', 'space', 'h', 'p');
  tell({ ...(FRAME as object), heatMs: 5 } as never);
  at.flush();
  await press(at, 'h');
  expect(sent).toEqual([
    { type: 'mirror', on: true },
    { type: 'mirror', on: false },
    { type: 'smoothing', seconds: 0 },
    { type: 'smoothing', seconds: 2 },
    { type: 'freeze', on: true },
    { type: 'freeze', on: false },
    { type: 'heat', on: true },
    { type: 'photo', folder: 'mine' },
    { type: 'heat', on: false },
  ]);
  at.unmount();
});

it('f goes from face to face, from left to right, round; first of all from the largest', async () => {
  const { at, focus } = told({});
  tell({ ...(FRAME as object), faces: [face(1, 50), face(2, 10), face(3, 90)] } as never); // the largest first
  at.flush();
  const seen: (number | undefined)[] = [];
  for (let i = 0; i < 4; i++) {
    await press(at, 'f');
    seen.push(focus());
  }
  expect(seen).toEqual([3, 2, 1, 3]);
  at.unmount();
});
