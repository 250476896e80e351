import { expect, it } from 'vitest';
import { camProbe, classMap } from '../../src/inspect/cam.js';
import { largest, overlay } from '../../src/inspect/color.js';
import { FaceHeat } from '../../src/inspect/face_heat.js';
import { gradCam } from '../../src/inspect/grad_cam.js';
import { Dense, Flatten, Softmax } from '../../src/nn/layers.js';
import { Sequential } from '../../src/nn/network.js';
import { describeGpu } from '../helpers/gpu.js';
import { pixels, subjectOf } from './subjects.js';

describeGpu('live Grad-CAM', (gpu) => {
  it('is that of the inspection, for each face and class', async () => {
    const subject = subjectOf(gpu());
    const before = gpu().pool.stats.liveBytes;
    const heat = await FaceHeat.open(gpu(), subject.saved, 'small.h5');
    const prepared = await camProbe(subject, undefined);
    for (const [seed, label] of [
      [1, 0],
      [2, 2],
      [1, 1],
    ] as const) {
      const face = { width: 10, height: 12, channels: 1, data: pixels(120, seed) } as const;
      prepared.probe.forward(subject.input(face.data, 1));
      const map = await classMap(prepared, label, gradCam);
      expect(await heat.over(face, label)).toEqual(overlay(face, map, prepared.layer, largest(map)));
    }
    await heat.dispose();
    prepared.probe.dispose();
    expect(gpu().pool.stats.liveBytes).toBeLessThanOrEqual(before);
  });

  it('is refused without a convolution, and leaves nothing behind', async () => {
    const flat = subjectOf(
      gpu(),
      new Sequential('flat', [4, 4, 1], [Flatten(), Dense({ units: 2 }), Softmax()]),
    );
    const before = gpu().pool.stats.liveBytes;
    await expect(FaceHeat.open(gpu(), flat.saved, 'flat.h5')).rejects.toThrow('flat: it has no convolution');
    expect(gpu().pool.stats.liveBytes).toBe(before);
  });
});
