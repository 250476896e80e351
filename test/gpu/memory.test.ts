import { describe, expect, it } from 'vitest';
import { BufferPool } from '../../src/gpu/buffer_pool.js';
import { DisposedError, OutOfMemoryError, ShapeError } from '../../src/gpu/errors.js';
import { SharedBuffers } from '../../src/gpu/shared_buffers.js';
import { Tensor } from '../../src/gpu/tensor.js';

/** A device that only makes buffers: `made` lists them, `destroyed` those that were destroyed. */
function memory(limits = { maxStorageBufferBindingSize: 1 << 30, maxBufferSize: 1 << 30 }) {
  const made: GPUBufferDescriptor[] = [];
  const destroyed: number[] = [];
  const device = {
    limits,
    createBuffer: (descriptor: GPUBufferDescriptor) => {
      made.push(descriptor);
      return { size: descriptor.size, destroy: () => void destroyed.push(descriptor.size) };
    },
  } as GPUDevice;
  return { pool: new BufferPool(device), made, destroyed };
}

describe('the pool of buffers', () => {
  it('rounds sizes up: to 256 bytes, above 64 KiB to 64 KiB', () => {
    const { pool } = memory();
    const wanted = [
      [0, 256],
      [1, 256],
      [256, 256],
      [257, 512],
      [65_535, 65_536],
      [65_536, 65_536],
      [65_537, 131_072],
      [131_073, 196_608],
    ] as const;
    for (const [bytes, size] of wanted) expect(pool.acquire(bytes, 'x').size, `${bytes}`).toBe(size);
  });

  it('makes buffers for storage, copies from and copies to', () => {
    const { pool, made } = memory();
    pool.acquire(4, 'x');
    expect(made).toEqual([{ size: 256, usage: 0x80 | 0x4 | 0x8 }]);
  });

  it('counts what is live, what waits, and the peak', () => {
    const { pool, made } = memory();
    const [a, b] = [pool.acquire(256, 'a'), pool.acquire(512, 'b')];
    expect(pool.stats).toEqual({
      liveBuffers: 2,
      liveBytes: 768,
      peakBytes: 768,
      idleBuffers: 0,
      idleBytes: 0,
    });
    pool.release(a);
    expect(pool.stats).toEqual({
      liveBuffers: 1,
      liveBytes: 512,
      peakBytes: 768,
      idleBuffers: 1,
      idleBytes: 256,
    });
    expect(pool.acquire(512, 'c')).not.toBe(b);
    expect(pool.stats).toMatchObject({ liveBytes: 1024, peakBytes: 1024, idleBytes: 256 });
    expect(pool.acquire(200, 'd')).toBe(a);
    expect(pool.stats).toEqual({
      liveBuffers: 3,
      liveBytes: 1280,
      peakBytes: 1280,
      idleBuffers: 0,
      idleBytes: 0,
    });
    expect(made).toHaveLength(3);
    for (const buffer of [a, b]) pool.release(buffer);
    pool.acquire(256, 'e'); // below the peak, which stays
    expect(pool.stats).toMatchObject({ liveBytes: 768, peakBytes: 1280 });
  });

  it('destroys exactly the idle buffers on trim, once', () => {
    const { pool, destroyed, made } = memory();
    const buffers = [100, 100, 1000].map((bytes) => pool.acquire(bytes, 'x'));
    pool.acquire(2000, 'in use');
    for (const buffer of buffers) pool.release(buffer);
    pool.trim();
    pool.trim();
    expect(destroyed).toEqual([256, 256, 1024]);
    expect(pool.stats).toEqual({
      liveBuffers: 1,
      liveBytes: 2048,
      peakBytes: 768 + 1024 + 2048 - 256,
      idleBuffers: 0,
      idleBytes: 0,
    });
    pool.acquire(100, 'new');
    expect(made).toHaveLength(5);
  });

  it.each([
    { maxStorageBufferBindingSize: 1024, maxBufferSize: 4096 },
    { maxStorageBufferBindingSize: 4096, maxBufferSize: 1024 },
  ])('allows the smaller of both limits, and not a byte more: %j', (limits) => {
    const { pool } = memory(limits);
    expect(pool.largest).toBe(1024);
    expect(pool.acquire(1024, 'fits').size).toBe(1024);
    expect(() => pool.acquire(1025, 'x')).toThrow(OutOfMemoryError);
    expect(pool.stats.liveBuffers).toBe(1);
  });
});

describe('shared buffers', () => {
  const none = new Set<GPUBuffer>();

  it('are reused by the next program: the smallest that fits, of up to twice the size', () => {
    const { pool } = memory();
    const shared = new SharedBuffers(pool);
    const [large, small] = [shared.take(2048, 'l', none), shared.take(1024, 's', new Set())];
    expect(small).toBe(large); // twice the size is allowed
    const own = shared.take(1024, 's', new Set([large]));
    expect(own).not.toBe(large);
    expect(shared.take(1024, 't', none)).toBe(own); // the smaller of the two that fit
    expect(shared.take(1025, 't', none)).toBe(large);
    expect(shared.take(1000, 't', new Set([own, large])).size).toBe(1024); // both are in use
    const tiny = shared.take(400, 't', none); // 1024 is more than twice as much
    expect(tiny.size).toBe(512);
  });

  it('go back to the pool once', () => {
    const { pool } = memory();
    const shared = new SharedBuffers(pool);
    shared.take(300, 'a', none);
    shared.take(3000, 'b', none);
    shared.dispose();
    shared.dispose();
    expect(pool.stats).toMatchObject({ liveBuffers: 0, liveBytes: 0, idleBuffers: 2 });
  });
});

describe('a tensor', () => {
  const buffer = { size: 1024 } as GPUBuffer;
  const tensor = (shape: number[]) => new Tensor(shape, 'x', { buffer, offset: 256, refs: 1 });

  it('has the bytes of whole vec4s, at least one', () => {
    expect([0, 1, 4, 5, 8, 9].map((n) => tensor([n]).byteLength)).toEqual([16, 16, 16, 32, 32, 48]);
    expect(tensor([2, 3]).size).toBe(6);
    expect(tensor([2, 3]).offset).toBe(256);
  });

  it('cannot be used after it was disposed; its views can, and the last of them frees the storage', () => {
    const x = tensor([2, 3]);
    const y = x.view([6]);
    expect(y.label).toBe('x');
    expect(x.view([3, 2], 'z').label).toBe('z');
    expect(x.storage.refs).toBe(3);
    expect([x.disposed, x.drop(), x.disposed]).toEqual([false, false, true]);
    expect(() => x.buffer).toThrow(DisposedError);
    expect(() => x.view([6])).toThrow(DisposedError);
    expect(x.drop()).toBe(false); // a second time counts for nothing
    expect(x.storage.refs).toBe(2);
    expect(y.buffer).toBe(buffer);
    const z = y.view([1, 6]);
    expect([y.drop(), z.drop()]).toEqual([false, false]);
    expect(x.storage.refs).toBe(1);
  });

  it('is freed by its last view', () => {
    const x = tensor([4]);
    const y = x.view([2, 2]);
    expect([x.drop(), y.drop()]).toEqual([false, true]);
  });

  it('has no view of another size', () => {
    expect(() => tensor([2, 3]).view([5])).toThrow(ShapeError);
    expect(() => tensor([2, 3]).view([5])).toThrow(
      'view: element counts match; expected 6 elements, got [5]',
    );
  });
});
