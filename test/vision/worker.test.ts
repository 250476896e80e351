import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { VISION_DEFAULTS, type VisionSettings, visionOptions } from '../../src/vision/options.js';
import { VisionProcess } from '../../src/vision/process.js';
import type { FrameMessage, Message, VisionOptions } from '../../src/vision/protocol.js';
import { describeGpu } from '../helpers/gpu.js';
import { temporary, untrainedWeights } from './fixtures.js';

const WORKER = fileURLToPath(new URL('../../dist/vision/worker.js', import.meta.url));
const folder = temporary();
let weights = '';

/** The built vision process on the demo, and what is heard of it; `react` steers it. */
async function watch(
  settings: Partial<VisionSettings>,
  rest: Partial<VisionOptions>,
  react: (message: Message, vision: VisionProcess) => void = () => undefined,
): Promise<Message[]> {
  const options = visionOptions(
    'demo',
    { ...VISION_DEFAULTS, weights: [weights], ...settings },
    { pace: 'ordered', ...rest },
  );
  const heard: Message[] = [];
  await new Promise<void>((ended) => {
    const vision: VisionProcess = new VisionProcess(
      options,
      (message) => {
        heard.push(message);
        react(message, vision);
        if (message.type === 'ended' || message.type === 'failed') ended();
      },
      WORKER,
    );
  });
  return heard;
}
const framesOf = (heard: readonly Message[]): FrameMessage[] =>
  heard.filter((message): message is FrameMessage => message.type === 'frame');

describeGpu('the vision process, with its network', () => {
  beforeAll(async () => {
    weights = await untrainedWeights(folder);
  });

  it('tells its source, its model, its frames and how it ended, in this order', async () => {
    const heard = await watch({ maxFrames: 3 }, {});
    expect(heard.map(({ type }) => type)).toEqual(['opened', 'model', 'frame', 'frame', 'frame', 'ended']);
    expect(heard[0]).toMatchObject({
      drawn: true,
      source: { kind: 'demo', width: 640, height: 480, fps: 15 },
    });
    expect(heard[1]).toMatchObject({ weights, name: 'untrained' });
    expect(heard[1]?.type === 'model' && heard[1].classes).toHaveLength(7);
    expect(heard.at(-1)).toMatchObject({ frames: 3, dropped: 0, without: 0 });
  });

  it('averages the versions of a face that --tta names', async () => {
    const saidOf = async (tta: VisionSettings['tta']) => {
      const [frame] = framesOf(await watch({ weights: ['fer-cnn'], maxFrames: 1, smoothing: 0, tta }, {}));
      return frame?.faces[0]?.probabilities as readonly number[];
    };
    const [plain, both, views] = [await saidOf('none'), await saidOf('flip'), await saidOf('tenview')];
    const apart = (a: readonly number[], b: readonly number[]) =>
      Math.max(...a.map((p, c) => Math.abs(p - (b[c] as number))));
    expect(apart(plain, both)).toBeGreaterThan(1e-3);
    expect(apart(both, views)).toBeGreaterThan(1e-3);
  });

  it('obeys while it runs: mirror, smoothing, model, photo, freeze, stop', async () => {
    const photos = join(folder, 'photos');
    let [steps, models] = [0, 0];
    const heard = await watch({ smoothing: 0 }, {}, (message, vision) => {
      if (message.type === 'model') models++;
      if (message.type !== 'frame') return;
      const step = steps++;
      if (step === 0) {
        vision.send({ type: 'mirror', on: true });
        vision.send({ type: 'model', weights: ['fer-cnn'] });
        vision.send({ type: 'model', weights: ['/nowhere.h5'] });
      }
      if (step === 20) vision.send({ type: 'photo', folder: photos });
      if (models === 2 && existsSync(photos)) vision.send({ type: 'stop' });
    });
    const frames = framesOf(heard);
    const last = frames.at(-1) as FrameMessage;
    const [box] = last.faces.map((face) => face.box);
    expect(frames[0]?.faces[0]?.box).toMatchObject({ x: 225, width: 190 }); // not mirrored yet
    const alone = (index: number) => Math.round(320 + 90 * Math.sin(index * 0.05) - 95);
    if (last.frame < 90) expect(box?.x).toBe(640 - alone(last.frame) - 190);
    expect(heard.filter(({ type }) => type === 'model')[1]).toMatchObject({ name: 'fer-cnn' });
    const notes = heard.flatMap((message) => (message.type === 'note' ? [message.text] : []));
    expect(notes.filter((text) => text.includes('/nowhere.h5'))).toHaveLength(1);
    const photo = heard.find((message) => message.type === 'photo');
    expect(readdirSync(photos).map((name) => join(photos, name))).toEqual([photo?.path]);
    expect(heard.at(-1)).toMatchObject({ type: 'ended', frames: frames.length });
  });

  it('covers the inputs with Grad-CAM as long as it is told to, also of another model', async () => {
    let [heated, step] = [0, 'plain'];
    const view = { width: 160, height: 120 };
    const heard = await watch({ weights: ['fer-cnn'] }, { view }, (message, vision) => {
      if (message.type === 'model' && step === 'other model') step = 'opening';
      if (message.type === 'model' && message.name === 'fer-cnn' && step === 'off again')
        vision.send({ type: 'model', weights: ['fer-shallow'] }); // opened once the one before is all set up
      if (message.type === 'model' && message.name === 'fer-shallow' && step === 'off again')
        step = 'plain again';
      if (message.type !== 'frame') return;
      if (step === 'plain') {
        vision.send({ type: 'heat', on: true });
        step = 'on';
      } else if (step === 'on' && message.heatMs !== undefined) {
        vision.send({ type: 'model', weights: ['fer-shallow'] });
        step = 'other model';
      } else if (step === 'opening' && message.heatMs !== undefined && ++heated === 3) {
        vision.send({ type: 'heat', on: false });
        step = 'off';
      } else if (step === 'off' && message.heatMs === undefined) {
        vision.send({ type: 'model', weights: ['fer-cnn'] });
        step = 'off again';
      } else if (step === 'plain again' && message.faces.length > 0) vision.send({ type: 'stop' });
    });
    const frames = framesOf(heard).filter(({ faces }) => faces.length > 0);
    for (const { heatMs, inputs } of frames) expect(inputs?.[0]?.channels).toBe(heatMs === undefined ? 1 : 3);
    expect(frames[0]?.heatMs).toBeUndefined();
    expect(frames.at(-1)?.heatMs).toBeUndefined();
    expect(heated).toBe(3);
  });

  it('stands still while it is frozen, and goes on', async () => {
    let frozen = 0;
    const heard = await watch({ maxFrames: 30 }, {}, (message, vision) => {
      if (message.type !== 'frame' || frozen > 0) return;
      frozen = performance.now();
      vision.send({ type: 'freeze', on: true });
      void sleep(1500).then(() => vision.send({ type: 'freeze', on: false }));
    });
    expect(performance.now() - frozen).toBeGreaterThan(1500);
    expect(framesOf(heard)).toHaveLength(30);
  });

  it('never runs ahead: the next frame but one waits until a frame was taken in', async () => {
    const heard = await watch({ maxFrames: 40 }, {}, (message) => {
      if (message.type !== 'frame') return;
      const until = performance.now() + 30;
      while (performance.now() < until); // a slow screen
    });
    const ends = heard.at(-1);
    expect(ends?.type === 'ended' && ends.seconds).toBeGreaterThan(38 * 0.03);
  });

  it('fails with the exit code and words of the error', async () => {
    expect((await watch({ weights: ['/nowhere.h5'] }, {})).at(-1)).toMatchObject({
      ...{ type: 'failed', exit: 5, message: expect.stringContaining('/nowhere.h5') },
    });
    expect((await watch({ record: 'x.gif' }, {}))[0]).toMatchObject({ type: 'failed', exit: 2 });
    const foreign = await watch({ weights: ['fer-cnn'], maxFrames: 1, foreign: { classes: ['a'] } }, {});
    expect(foreign.at(-1)).toMatchObject({ type: 'failed' });
  });
});
