import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Gpu } from '../../src/gpu/device.js';
import { tuningOf } from '../../src/gpu/tuning.js';
import { resolveConfig } from '../../src/train/config.js';
import { Control } from '../../src/train/control.js';
import { readEvents } from '../../src/train/event_log.js';
import type { TrainEvent } from '../../src/train/events.js';
import { isLocked, RunFolder } from '../../src/train/run_folder.js';
import { resumeTraining, runTraining } from '../../src/train/session.js';
import { describeGpu } from '../helpers/gpu.js';

const opened = vi.hoisted((): Gpu[] => []);
vi.mock('../../src/gpu/device.js', async (original) => {
  const device = await original<typeof import('../../src/gpu/device.js')>();
  const openGpu: typeof device.openGpu = async (options) => {
    const gpu = await device.openGpu(options);
    opened.push(gpu);
    return gpu;
  };
  return { ...device, openGpu };
});

const temporary = () => mkdtempSync(join(tmpdir(), 'fer-tui-session-'));
const END: TrainEvent = { type: 'end', status: 'stopped', exit: 0 };

describe('a run that is taken up again', () => {
  /** A run's folder as a crash leaves it. */
  function crashed(log: string): string {
    const path = join(temporary(), 'run');
    mkdirSync(path);
    writeFileSync(join(path, 'config.json'), '{}');
    writeFileSync(join(path, 'events.ndjson'), log);
    writeFileSync(join(path, 'lock'), '999999999'); // no process has this id
    return path;
  }
  const line = `${JSON.stringify(END)}\n`;

  it.each([line, `${line}{"type":"st`, '{"type":"st', ''])('goes on with whole lines: %#', (log) => {
    const path = crashed(log);
    expect(isLocked(path)).toBe(false);
    const folder = RunFolder.reopen(path);
    expect(isLocked(path)).toBe(true);
    folder.log(END);
    folder.close();
    expect(isLocked(path)).toBe(false);
    expect(existsSync(join(path, 'lock'))).toBe(false);
    expect(readEvents(join(path, 'events.ndjson'))).toEqual(log.startsWith(line) ? [END, END] : [END]);
  });

  it('is left as it is while its process lives, or where there is none', () => {
    const path = crashed(`${line}{"type":"st`);
    writeFileSync(join(path, 'lock'), String(process.pid));
    expect(() => RunFolder.reopen(path)).toThrow(`process ${process.pid} is using it`);
    expect(readFileSync(join(path, 'events.ndjson'), 'utf8')).toBe(`${line}{"type":"st`);
    expect(isLocked(path)).toBe(true);
    expect(() => RunFolder.reopen(temporary())).toThrow('no run to resume there');
  });
});

describeGpu('a sitting', () => {
  const settings = { data: 'synthetic:70', model: 'fer-shallow', filters: '4', dense: '4', epochs: 1 };

  it('keeps the kernels that the run was begun with, and logs every event it tells', async () => {
    const out = join(temporary(), 'run');
    const events: TrainEvent[] = [];
    const hooks = { emit: (event: TrainEvent) => void events.push(event), control: new Control() };
    await runTraining(resolveConfig({ ...settings, out, 'max-steps': 1 }), hooks);
    expect(readEvents(join(out, 'events.ndjson'))).toEqual(JSON.parse(JSON.stringify(events)));
    expect(events.map(({ type }) => type).filter((type) => type !== 'note')).toEqual([
      ...['start', 'epoch', 'result', 'end'],
    ]);

    // As if the device had been tuned anew between the two sittings: the run's own table is another one.
    const table = join(out, 'tuning.json');
    const own = { ...JSON.parse(readFileSync(table, 'utf8')), choices: { 'matmul nothing': 'naive' } };
    writeFileSync(table, JSON.stringify(own));
    await resumeTraining(out, hooks);
    expect(JSON.parse(readFileSync(table, 'utf8'))).toEqual(own);
    const device = opened.at(-1);
    expect(device && [...tuningOf(device).table]).toEqual([['matmul nothing', 'naive']]);
    expect(events.filter((event) => event.type === 'note' && event.kind === 'resume')).toMatchObject([
      { step: 1 },
    ]);
  });

  it('that fails tells why and that it has ended, and unlocks its folder', async () => {
    const out = join(temporary(), 'run');
    const events: TrainEvent[] = [];
    const hooks = { emit: (event: TrainEvent) => void events.push(event), control: new Control() };
    const diverging = resolveConfig({ ...settings, out, optimizer: 'sgd' });
    await expect(runTraining({ ...diverging, lr: 1e38 }, hooks)).rejects.toThrow('training diverged');
    expect(events.slice(-2)).toMatchObject([
      { type: 'error', exit: 6, message: expect.stringContaining('training diverged') },
      { type: 'end', status: 'failed', exit: 6 },
    ]);
    expect(readEvents(join(out, 'events.ndjson')).slice(-2)).toEqual(events.slice(-2));
    expect(isLocked(out)).toBe(false);
  });
});
