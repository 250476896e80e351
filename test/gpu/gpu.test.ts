import { expect, it } from 'vitest';
import { listAdapters, openGpu } from '../../src/gpu/device.js';
import { DisposedError, NoGpuError, OutOfMemoryError } from '../../src/gpu/errors.js';
import { Dense, Flatten } from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import { Sequential } from '../../src/nn/network.js';
import '../../src/gpu/kernels/activations.js';
import { defineKernel, kernels } from '../../src/gpu/kernel.js';
import { normGeometry } from '../../src/gpu/kernels/batch_norm.js';
import { convGeometry } from '../../src/gpu/kernels/conv2d_geometry.js';
import { addInto } from '../../src/gpu/kernels/elementwise.js';
import { grainConstants } from '../../src/gpu/kernels/reduce.js';
import { Recorder, runOnce } from '../../src/gpu/recorder.js';
import { fillConstants } from '../../src/gpu/shader.js';
import { describeGpu } from '../helpers/gpu.js';

describeGpu('the GPU core', (gpu) => {
  it('names the adapter in use', () => {
    expect(gpu().info.name).not.toBe('');
  });

  it('an adapter that is not there is an error that lists those that are', async () => {
    const error = await openGpu({ adapter: 'no such card' }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(NoGpuError);
    expect((error as Error).message).toBe(
      `no GPU adapter named "no such card"; expected part of: ${(await listAdapters()).join(', ')}`,
    );
  });

  it('reuses buffers by size and counts them', () => {
    const { pool } = gpu();
    const before = pool.stats;
    const a = gpu().empty([100], 'a');
    expect(pool.stats.liveBuffers).toBe(before.liveBuffers + 1);
    const { buffer } = a;
    gpu().free(a);
    gpu().free(a); // a second time is harmless
    const b = gpu().empty([90], 'b');
    expect(b.buffer).toBe(buffer);
    gpu().free(b);
    expect(pool.stats.liveBytes).toBe(before.liveBytes);
  });

  it('a disposed tensor says so', async () => {
    const t = gpu().empty([2, 3], 'gone');
    gpu().free(t);
    await expect(gpu().read(t)).rejects.toThrow(DisposedError);
    await expect(gpu().read(t)).rejects.toThrow('tensor "gone" [2, 3] was used after it was disposed');
  });

  it('more memory than the adapter has is an error before anything breaks', () => {
    expect(() => gpu().empty([2 ** 40], 'huge')).toThrow(OutOfMemoryError);
    expect(() => gpu().empty([2 ** 40], 'huge')).toThrow(/huge needs .* MiB.*smaller --batch/);
  });

  it('names a weight that does not fit into one buffer', () => {
    const device = gpu();
    const inputs = Math.ceil(device.pool.largest / 4 / 60_000) + 1;
    const layers = [Flatten(), Dense({ units: 60_000 }), Dense({ units: 2, activation: 'softmax' })];
    const network = new Sequential('big', [1, inputs, 1], layers);
    expect(() => new Learner(device, network)).toThrow(
      /^the weight dense\/kernel of big needs [\d.]+ MiB, but the adapter allows [\d.]+ MiB in one buffer; use a network/,
    );
  });

  it('a write of another length is refused with both lengths', () => {
    const t = gpu().empty([4], 'four');
    expect(() => gpu().write(t, new Float32Array(5))).toThrow(
      'write to "four" [4]: expected 4 values, got 5',
    );
    gpu().free(t);
  });

  it('folds grids over 65,535 workgroups', async () => {
    const n = 65_536 * 64 * 4 + 4;
    const x = gpu().tensor(new Float32Array(n).fill(2), [n], 'x');
    const y = gpu().tensor(new Float32Array(n).fill(1), [n], 'y');
    await runOnce(
      gpu(),
      (rec) => addInto(rec, y, x),
      () => gpu().sync(),
    );
    const values = await gpu().read(y);
    expect([values[0], values[n - 1], values.every((v) => v === 3)]).toEqual([3, 3, true]);
    gpu().free(x);
    gpu().free(y);
  });

  it('a call that does not fit its kernel names kernel and bindings', () => {
    const rec = new Recorder(gpu());
    const kernel = kernels.get('relu.forward');
    if (kernel === undefined) throw new Error('relu.forward is not defined');
    const x = rec.alloc([4], 'x');
    expect(() => rec.dispatch(kernel, { bind: { x }, workgroups: 1 })).toThrow(
      'kernel relu.forward: expected bindings x, y; got x',
    );
    expect(() => rec.dispatch(kernel, { bind: { x, y: rec.alloc([4], 'y') }, workgroups: 1 })).toThrow(
      'kernel relu.forward: param quads was not given',
    );
    rec.abandon();
  });

  it('a shader that does not compile shows file, line, column and the line itself', async () => {
    const before = gpu().pool.stats.liveBuffers;
    // A type that does not exist, through a hole of a real shader.
    const broken = defineKernel('reduce', 'fold_broken', {
      reads: ['partial'],
      writes: ['out'],
      params: { n: 'u32', splits: 'u32' },
    });
    const rec = new Recorder(gpu());
    const bind = { partial: rec.alloc([4], 'partial'), out: rec.alloc([4], 'out') };
    const call = {
      bind,
      params: { n: 1, splits: 1 },
      constants: { LANE: 'vec5f', ...grainConstants('coarse') },
      workgroups: 1,
    };
    const failure = await Promise.resolve()
      .then(() => rec.dispatch(broken, call))
      .then(() => rec.finish())
      .catch((e: unknown) => e);
    kernels.delete(broken.name);
    expect(String((failure as Error).message)).toMatch(
      /shaders\/reduce\.wgsl:\d+:\d+ .*vec5f[\s\S]*alias Lane = vec5f/,
    );
    rec.abandon();
    expect(gpu().pool.stats.liveBuffers).toBe(before);
  });
});

it('holes and constants must match', () => {
  expect(() => fillConstants('x', 'const A = {{A}};', {})).toThrow('no value for the constant {{A}}');
  expect(() => fillConstants('x', 'const A = 1;', { B: 1 })).toThrow('it has no constant {{B}}');
});

it('shape errors read op, rule, expected, got', () => {
  expect(() => convGeometry([1, 4, 4, 3], [3, 3, 4, 8])).toThrow(
    'conv2d: weight is [KH, KW, IC, OC] with the input channels of x; expected [*, *, 3, *], got [3, 3, 4, 8]',
  );
  expect(() => normGeometry([5], -1)).toThrow(
    'batch_norm: axis -1 names the channels; expected rank 2 or more with an axis -1, got [5]',
  );
});
