import { beforeEach, expect, it, vi } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import type { WeightFile } from '../../src/engine/requests.js';
import { weightsPath } from '../../src/train/shipped_models.js';
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
