import { afterEach, expect, it, vi } from 'vitest';
import { DisposedError, ShaderError, ShapeError } from '../../src/gpu/errors.js';
import { defineKernel, kernels } from '../../src/gpu/kernel.js';
import '../../src/gpu/kernels/activations.js';
import { fill } from '../../src/gpu/kernels/elementwise.js';
import { UsualTime } from '../../src/gpu/polling.js';
import { Recorder, runOnce } from '../../src/gpu/recorder.js';
import { SharedBuffers } from '../../src/gpu/shared_buffers.js';
import type { Tensor } from '../../src/gpu/tensor.js';
import { describeGpu } from '../helpers/gpu.js';

afterEach(() => void vi.restoreAllMocks());

describeGpu('a recorder', (gpu) => {
  it('labels tensors and dispatches with the scopes around them, also after an error', async () => {
    const rec = new Recorder(gpu());
    expect(rec.alloc([4], 'x').label).toBe('x');
    rec.scope('layer', () => {
      expect(() =>
        rec.scope('broken', () => {
          throw new Error('no');
        }),
      ).toThrow('no');
      expect(rec.currentScope).toBe('layer');
      const y = rec.scope('forward', () => {
        const made = rec.alloc([8], 'y');
        fill(rec, made, 1);
        return made;
      });
      expect(y.label).toBe('layer/forward/y');
      fill(rec, y, 2);
    });
    expect(rec.currentScope).toBe('');
    const program = await rec.finish();
    expect(program.commands.map(({ scope }) => scope)).toEqual(['layer/forward', 'layer']);
    program.dispose();
  });

  it('reuses a released buffer of the same program: the smallest that fits, of up to twice the size', () => {
    const rec = new Recorder(gpu());
    const [large, small, other] = [rec.alloc([512], 'l'), rec.alloc([256], 's'), rec.alloc([256], 'o')];
    const buffers = [large.buffer, small.buffer];
    rec.release(large);
    rec.release(small);
    rec.release(small); // a second time counts for nothing
    expect(rec.alloc([256], 'a').buffer).toBe(buffers[1]);
    expect(rec.alloc([100], 'b').buffer.size).toBe(512); // 2048 bytes are more than twice 400
    expect(rec.alloc([256], 'c').buffer).toBe(buffers[0]);
    expect(rec.alloc([256], 'd').buffer).not.toBe(buffers[0]);
    expect(other.disposed).toBe(false);
    rec.abandon();
  });

  it('reuses it only after the last view, never with keepAll, and leaves tensors of others alone', () => {
    const rec = new Recorder(gpu());
    const x = rec.alloc([64], 'x');
    const view = rec.view(x, [8, 8]);
    rec.release(x);
    expect(rec.alloc([64], 'y').buffer).not.toBe(view.buffer);
    const { buffer } = view;
    rec.release(view);
    expect(rec.alloc([64], 'z').buffer).toBe(buffer);
    const foreign = gpu().empty([64], 'weights');
    rec.release(foreign);
    expect(foreign.disposed).toBe(false);
    gpu().free(foreign);
    rec.abandon();

    const all = new Recorder(gpu(), { keepAll: true });
    const kept = all.alloc([64], 'k');
    all.release(kept);
    expect(kept.disposed).toBe(false);
    expect(all.alloc([64], 'l').buffer).not.toBe(kept.buffer);
    all.abandon();
  });

  it('rebinds a tensor in dispatches recorded before, at its place in the other buffer', async () => {
    const { wholes, parts } = gpu().pack(
      new Map([
        ['a', [64]],
        ['b', [64]],
      ]),
      'pack',
    );
    const [whole] = wholes as [Tensor];
    const b = parts.get('b');
    if (b === undefined) throw new Error('no part b');
    await runOnce(
      gpu(),
      (rec) => {
        const x = rec.alloc([64], 'x');
        const { buffer } = x;
        fill(rec, x, 3);
        rec.rebind(x, b);
        expect([x.buffer, x.offset]).toEqual([whole.buffer, 256]);
        expect(rec.alloc([64], 'later').buffer).toBe(buffer);
        expect(() => rec.rebind(rec.alloc([5], 'five'), b)).toThrow(ShapeError);
        expect(() => rec.rebind(rec.alloc([5], 'five'), b)).toThrow('expected 64, got 5');
        expect(() => rec.rebind(b, b)).toThrow(ShaderError);
      },
      () => gpu().sync(),
    );
    const values = [...(await gpu().read(whole))];
    expect(values).toEqual([...Array(64).fill(0), ...Array(64).fill(3)]);
    expect([...(await gpu().read(b))]).toEqual(values.slice(64));
    gpu().free(whole);
  });

  it('gives back all its memory, but not what it shares', async () => {
    const { pool } = gpu();
    const before = pool.stats.liveBuffers;
    const shared = new SharedBuffers(pool);
    const rec = new Recorder(gpu(), { shared });
    const [common, mine] = [rec.alloc([64], 'c'), rec.allocPrivate([64], 'p')];
    expect(rec.alloc([64], 'd').buffer).not.toBe(common.buffer);
    const second = new Recorder(gpu(), { shared });
    expect([common.buffer, mine.buffer].indexOf(second.alloc([64], 'e').buffer)).toBe(0);
    expect(pool.stats.liveBuffers).toBe(before + 3);
    const program = await rec.finish();
    program.dispose();
    program.dispose();
    second.abandon();
    expect(common.disposed).toBe(true);
    expect(pool.stats.liveBuffers).toBe(before + 2);
    shared.dispose();
    expect(pool.stats.liveBuffers).toBe(before);
  });

  it('accepts nothing after its end, and nothing that is disposed', async () => {
    const rec = new Recorder(gpu());
    const gone = gpu().empty([4], 'gone');
    const x = rec.alloc([4], 'x');
    gpu().free(gone);
    expect(() => fill(rec, gone, 1)).toThrow(DisposedError);
    const program = await rec.finish();
    expect(() => fill(rec, x, 1)).toThrow('a finished recorder was used after');
    program.dispose();
    expect(() => program.run()).toThrow('a program was used after');
    await expect(gpu().read(x)).rejects.toThrow(DisposedError);
  });

  it('folds a grid beyond the limit of one dimension into the fewest rows', async () => {
    const kernel = kernels.get('elementwise.fill');
    if (kernel === undefined) throw new Error('there is no kernel that fills');
    const limit = gpu().device.limits.maxComputeWorkgroupsPerDimension;
    const rec = new Recorder(gpu());
    const drafted = (workgroups: number, depth?: number) => {
      const bind = Object.fromEntries(
        [...kernel.reads, ...kernel.writes].map((name) => [name, rec.alloc([4], name)]),
      );
      const params = Object.fromEntries(Object.keys(kernel.params).map((name) => [name, 0]));
      rec.dispatch(kernel, { bind, params, workgroups, ...(depth !== undefined && { depth }) });
    };
    for (const n of [0, 1, limit, limit + 1, 2 * limit, 2 * limit + 1]) drafted(n);
    drafted(3, 5);
    const program = await rec.finish();
    const half = Math.ceil((limit + 1) / 2);
    const third = Math.ceil((2 * limit + 1) / 3);
    expect(program.commands.map(({ workgroups }) => workgroups)).toEqual([
      ...[1, 1, limit, 2 * half, 2 * limit, 3 * third, 15],
    ]);
    program.dispose();
  });

  it('checks the names of bindings', () => {
    const kernel = defineKernel('recorder_test', 'none', { reads: ['x'], writes: ['y'], params: {} });
    expect(() => defineKernel('recorder_test', 'none', kernel)).toThrow(
      'kernel recorder_test.none is defined twice',
    );
    kernels.delete(kernel.name);
  });

  it('frees the memory of what fails while it is recorded', async () => {
    const before = gpu().pool.stats.liveBuffers;
    const failing = runOnce(
      gpu(),
      (rec) => {
        rec.alloc([4], 'x');
        throw new Error('in the middle');
      },
      () => gpu().sync(),
    );
    await expect(failing).rejects.toThrow('in the middle');
    const later = runOnce(
      gpu(),
      (rec) => rec.alloc([4], 'x'),
      () => Promise.reject(new Error('at the end')),
    );
    await expect(later).rejects.toThrow('at the end');
    expect(gpu().pool.stats.liveBuffers).toBe(before);
  });
});

describeGpu('compiling the kernels of a program', (gpu) => {
  /** A program of `count` dispatches, each of another kernel that no program has used. */
  const fresh = async (count: number) => {
    gpu().pipelines.clear();
    const rec = new Recorder(gpu());
    const bind = { x: rec.alloc([4], 'x'), y: rec.alloc([4], 'y') };
    for (const name of ['relu.forward', 'sigmoid.forward', 'tanh.forward'].slice(0, count)) {
      const kernel = kernels.get(name);
      if (kernel === undefined) throw new Error(`no kernel ${name}`);
      for (let twice = 0; twice < 2; twice++)
        rec.dispatch(kernel, { bind, params: { quads: 1 }, workgroups: 1 });
    }
    return rec.finish();
  };
  /** A clock that moves a second at each look: every kernel seems slow. */
  const slowly = () => {
    let time = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (time += 1000));
  };

  it('compiles each new one once, with its progress', async () => {
    vi.spyOn(performance, 'now').mockReturnValue(0);
    const twin = vi.spyOn(gpu(), 'openTwin');
    const program = await fresh(2);
    const seen: number[][] = [];
    await program.compile((done, total) => seen.push([done, total]));
    expect(seen).toEqual([
      [1, 2],
      [2, 2],
    ]);
    await program.compile((done, total) => seen.push([done, total]));
    expect(seen).toHaveLength(2);
    expect(twin).not.toHaveBeenCalled();
    program.dispose();
  });

  it('has the help of a second device where they are slow, which is closed', async ({ skip }) => {
    if (!gpu().info.software) return skip('only software adapters compile on one thread');
    const closed = vi.fn();
    const open = gpu().openTwin;
    const twin = vi.spyOn(gpu(), 'openTwin').mockImplementation(async () => {
      const made = await open();
      const close = made.close.bind(made);
      made.close = () => {
        closed();
        close();
      };
      return made;
    });
    const program = await fresh(3);
    slowly();
    const seen: number[][] = [];
    await program.compile((done, total) => seen.push([done, total]));
    expect(seen).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    expect([twin.mock.calls.length, closed.mock.calls.length]).toEqual([1, 1]);
    program.dispose();
  });

  it('does without the second device where it cannot be opened', async () => {
    vi.spyOn(gpu(), 'openTwin').mockRejectedValue(new Error('no more devices'));
    const program = await fresh(3);
    slowly();
    const seen: number[] = [];
    await program.compile((done) => seen.push(done));
    expect(seen).toEqual([1, 2, 3]);
    program.dispose();
  });
});

describeGpu('uploads and copies', (gpu) => {
  it('run a program and read its result in one submission, many at a time too', async () => {
    const rec = new Recorder(gpu());
    const [small, large] = [rec.alloc([7], 'small'), rec.alloc([5000], 'large')];
    fill(rec, small, 3);
    fill(rec, large, 4);
    const program = await rec.finish();
    const submit = vi.spyOn(gpu().device.queue, 'submit');
    const created = vi.spyOn(gpu().device, 'createBuffer');
    const waits = vi.spyOn(UsualTime.prototype, 'add');
    expect([...(await program.read(small))]).toEqual(Array(7).fill(3));
    expect(submit).toHaveBeenCalledTimes(1);
    const before = created.mock.calls.length;
    expect([...(await program.read(small))]).toEqual(Array(7).fill(3));
    expect(created.mock.calls.length).toBe(before); // the small buffer for reading is kept
    expect(waits.mock.contexts).toHaveLength(2);
    expect(waits.mock.contexts[1]).toBe(waits.mock.contexts[0]); // a program's reads usually take as long
    const all = await Promise.all([program.read(small), program.read(large), program.read(small)]);
    expect(all.map((values) => [values.length, values.at(-1)])).toEqual([
      [7, 3],
      [5000, 4],
      [7, 3],
    ]);
    vi.restoreAllMocks();
    program.dispose();
    await expect(program.read(small)).rejects.toThrow('a program');
  });

  it('write only the tensor, wherever it starts', async () => {
    const { wholes, parts } = gpu().pack(
      new Map([
        ['a', [65]],
        ['b', [3]],
        ['c', [4]],
      ]),
      'p',
    );
    const [whole] = wholes as [Tensor];
    expect(whole.size).toBe(64 * 4);
    expect([...parts].map(([name, { offset, label }]) => [name, offset, label])).toEqual([
      ['a', 0, 'a/p'],
      ['b', 512, 'b/p'],
      ['c', 768, 'c/p'],
    ]);
    const part = (name: string) => {
      const tensor = parts.get(name);
      if (tensor === undefined) throw new Error(name);
      return tensor;
    };
    gpu().write(part('b'), new Float32Array([9, 1, 2, 3, 9]).subarray(1, 4));
    gpu().writeBytes(part('c'), new Uint8Array(new Float32Array([0, 4, 5]).buffer).subarray(4));
    const values = [...(await gpu().read(whole))];
    expect(values.slice(128, 132)).toEqual([1, 2, 3, 0]);
    expect(values.slice(192, 196)).toEqual([4, 5, 0, 0]);
    expect(values.filter((v) => v !== 0)).toHaveLength(5);
    expect(() => gpu().copy(part('c'), part('b'))).toThrow('copy to "b/p": expected 3 values, got 4');
    expect(() => gpu().writeBytes(part('b'), new Uint8Array(6))).toThrow(
      'a multiple of 4 of up to 16 bytes, got 6',
    );
    expect(() => gpu().writeBytes(part('b'), new Uint8Array(20))).toThrow('got 20');
    gpu().free(whole);
  });

  it('copy at both offsets, and keep long uploads in order', async () => {
    const [from, to] = ['from', 'to'].map((label) =>
      gpu().pack(
        new Map([
          ['a', [4]],
          ['b', [4]],
          ['c', [4]],
        ]),
        label,
      ),
    );
    const [b, c] = [from?.parts.get('b'), to?.parts.get('c')];
    if (!from || !to || !b || !c) throw new Error('two packs of three parts');
    const [[all], [other]] = [from.wholes as [Tensor], to.wholes as [Tensor]];
    gpu().write(
      all,
      Float32Array.from({ length: all.size }, (_, i) => i),
    );
    gpu().copy(b, c);
    expect([...(await gpu().read(other))].slice(124)).toEqual([
      0,
      0,
      0,
      0,
      64,
      65,
      66,
      67,
      ...Array(60).fill(0),
    ]);
    for (const whole of [all, other]) gpu().free(whole);
    const n = (8 << 20) / 4 + 5; // a chunk and a little
    const long = gpu().empty([n], 'long');
    const words = Uint32Array.from({ length: n }, (_, i) => i);
    gpu().writeBytes(long, new Uint8Array(words.buffer));
    expect(Buffer.compare(Buffer.from((await gpu().readU32(long)).buffer), Buffer.from(words.buffer))).toBe(
      0,
    );
    gpu().free(long);
  });
});
