import { describe, expect, it } from 'vitest';
import { tuningOf } from '../../src/gpu/tuning.js';
import { OWN_PLACE, SharedPlace } from '../../src/train/workplace.js';
import { EXIT, FerError } from '../../src/util/errors.js';
import { describeGpu } from '../helpers/gpu.js';

describe('the data of a shared workplace', () => {
  it('are kept for the next run, unless that wants others', async () => {
    const place = new SharedPlace();
    const fold = { number: 1, of: 5, seed: 7 };
    const load = (options: object) => place.load('synthetic:35', { ...options, onProgress: () => undefined });
    const first = await load({ seed: 7, fold });
    expect(await load({ seed: 7, fold })).toBe(first);
    for (const other of [{ seed: 8, fold }, { seed: 7 }, { seed: 7, fold: { ...fold, number: 2 } }]) {
      const next = await load(other);
      expect(next).not.toBe(await load({ seed: 7, fold }));
      expect(next.splits.validation).not.toEqual(first.splits.validation);
    }
  });
});

describeGpu('the device of a shared workplace', (gpu) => {
  const free = async (): Promise<void> => undefined;

  it('is kept for the next run, with the choices of kernels that it was opened with', async () => {
    const place = new SharedPlace();
    const device = await place.open(undefined);
    const { table } = tuningOf(device);
    const before = [...table];
    table.clear();
    table.set('matmul nothing', 'naive');
    let freed = false;
    await place.leave(device, async () => {
      freed = true;
    });
    expect(freed).toBe(true);
    expect(await place.open(undefined)).toBe(device);
    expect([...tuningOf(device).table]).toEqual(before);
    const [name] = gpu().info.name.split(/[ :(]/);
    const other = await place.open(name); // the same adapter, but asked for by its name
    expect(other).not.toBe(device);
    place.close();
    const third = await place.open(name);
    expect(third).not.toBe(other);
    place.close();
  });

  it('is closed where a run has failed, but not where it has only diverged, and where it has too many kernels', async () => {
    const place = new SharedPlace();
    const [first, freed]: [Awaited<ReturnType<SharedPlace['open']>>, string[]] = [
      await place.open(undefined),
      [],
    ];
    const told = (what: string) => async (): Promise<void> => void freed.push(what);
    await place.leave(first, told('diverged'), new FerError('the loss is NaN', EXIT.diverged));
    expect(await place.open(undefined)).toBe(first);
    await place.leave(first, told('no GPU'), new FerError('the device is lost', EXIT.noGpu));
    const second = await place.open(undefined);
    expect(second).not.toBe(first);
    await place.leave(second, told('bug'), new Error('a bug'));
    const third = await place.open(undefined);
    expect(third).not.toBe(second);
    for (let i = 0; third.pipelines.size < 2000; i++) third.pipelines.set(`kernel ${i}`, undefined as never);
    await place.leave(third, told('2000'));
    expect(await place.open(undefined)).toBe(third);
    third.pipelines.set('one more', undefined as never);
    await place.leave(third, told('2001'));
    expect(await place.open(undefined)).not.toBe(third);
    expect(freed).toEqual(['diverged', '2000']);
    place.close();
  });

  it('gives memory back that no run uses', async () => {
    const place = new SharedPlace();
    const device = await place.open(undefined);
    device.free(device.empty([1 << 20], 'large'));
    expect(device.pool.stats.idleBytes).toBeGreaterThan(0);
    await place.leave(device, free);
    expect(device.pool.stats.idleBytes).toBe(0);
    place.close();
  });

  it("of one's own is closed at once", async () => {
    const device = await OWN_PLACE.open(undefined);
    let closed = false;
    device.close = () => {
      closed = true;
    };
    await OWN_PLACE.leave(device, free);
    expect(closed).toBe(true);
    Object.getPrototypeOf(device).close.call(device);
  });
});
