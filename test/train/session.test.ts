import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { BatchSource } from '../../src/data/batches.js';
import { type Gpu, openGpu } from '../../src/gpu/device.js';
import { tuningOf } from '../../src/gpu/tuning.js';
import { resolveConfig } from '../../src/train/config.js';
import { Control } from '../../src/train/control.js';
import { readEvents } from '../../src/train/event_log.js';
import type { TrainEvent } from '../../src/train/events.js';
import { isLocked, RunFolder } from '../../src/train/run_folder.js';
import { resumeTraining, runTraining } from '../../src/train/session.js';
import type { Workplace } from '../../src/train/workplace.js';
import { temporaryName } from '../../src/util/temporary.js';
import { describeGpu } from '../helpers/gpu.js';
import { sharedPlace } from '../helpers/place.js';

const place = sharedPlace();

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

describe('a start that was killed', () => {
  function killed(...files: string[]): string {
    const path = join(temporary(), 'run');
    mkdirSync(path);
    for (const name of ['events.ndjson', ...files]) writeFileSync(join(path, name), '');
    return path;
  }
  const left = ['lock', 'lock.0.999999999-00000000-00000000.tmp', 'tuning.json', 'config.json.999999999.tmp'];

  it('leaves a folder that the next one takes', () => {
    const path = killed(...left);
    expect(() => RunFolder.reopen(path)).toThrow('begin one there with --out');
    const folder = RunFolder.create(path);
    expect(readdirSync(path).sort()).toEqual(['events.ndjson', 'lock']);
    folder.begin({});
    folder.close();
    expect(readdirSync(path).sort()).toEqual(['config.json', 'events.ndjson']);
    expect(() => RunFolder.create(path)).toThrow('it holds an earlier run');
    RunFolder.reopen(path).close();
  });

  it('is removed where it has failed, with its folder, but for what others have put there', () => {
    const path = killed(...left);
    RunFolder.create(path).close();
    expect(existsSync(path)).toBe(false);
    const kept = killed();
    const folder = RunFolder.create(kept);
    writeFileSync(join(kept, 'mine'), '');
    folder.close();
    expect(readdirSync(kept)).toEqual(['mine']);
  });

  it('leaves what a running process writes there, which then finds the folder locked', () => {
    const draft = basename(temporaryName('lock.7'));
    const path = killed(draft);
    const folder = RunFolder.create(path);
    expect(readdirSync(path).sort()).toEqual(['events.ndjson', 'lock', draft].sort());
    folder.close();
  });

  it('is not taken for one where anything else lies, or events', () => {
    expect(() => RunFolder.create(killed('notes'))).toThrow('it holds an earlier run');
    const path = killed();
    writeFileSync(join(path, 'events.ndjson'), `${JSON.stringify(END)}\n`);
    expect(() => RunFolder.create(path)).toThrow('it holds an earlier run');
  });
});

it('a run that is taken up again loses what killed processes were writing', () => {
  const path = join(temporary(), 'run');
  const begun = RunFolder.create(path);
  begun.begin({});
  begun.close();
  const own = temporaryName(join(path, 'best.safetensors'));
  for (const file of [
    'last.safetensors.999999999.tmp',
    'last.safetensors.1-0123abcd-0123abcd.tmp',
    'x.tmp',
    'a.1.tmp.b',
  ]) {
    writeFileSync(join(path, file), '');
  }
  writeFileSync(own, '');
  const folder = RunFolder.reopen(path);
  expect(readdirSync(path).sort()).toEqual(
    ['a.1.tmp.b', basename(own), 'config.json', 'events.ndjson', 'lock', 'x.tmp'].sort(),
  );
  folder.close();
});

describeGpu('a session', () => {
  const settings = { data: 'synthetic:70', model: 'fer-shallow', filters: '4', dense: '4', epochs: 1 };

  it('keeps the kernels that the run was begun with, and logs every event it tells', async () => {
    const out = join(temporary(), 'run');
    const events: TrainEvent[] = [];
    const hooks = { emit: (event: TrainEvent) => void events.push(event), control: new Control(), place };
    await runTraining(resolveConfig({ ...settings, out, 'max-steps': 1 }), hooks);
    expect(readEvents(join(out, 'events.ndjson'))).toEqual(JSON.parse(JSON.stringify(events)));
    expect(events.map(({ type }) => type).filter((type) => type !== 'note')).toEqual([
      ...['start', 'epoch', 'result', 'end'],
    ]);

    // As if the device had been tuned anew between the two sessions: the run's own table is another one.
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

  it('frees the images on the host when the device has them, and in the end all that it has on the device', async () => {
    const out = join(temporary(), 'run');
    const order: string[] = [];
    let left = -1;
    const release = vi.spyOn(BatchSource.prototype, 'releaseImages');
    const ownPlace: Workplace = {
      load: (...args) => place.load(...args),
      open: async () => openGpu(),
      uploaded: async () => void order.push(`uploaded after ${release.mock.calls.length} releases`),
      leave: async (gpu, free) => {
        await free();
        left = gpu.pool.stats.liveBytes;
        gpu.close();
      },
    };
    const emit = ({ type }: TrainEvent): void => {
      if (type === 'epoch') order.push(`takes commands: ${existsSync(join(out, 'commands.ndjson'))}`);
    };
    const hooks = { emit, control: new Control(), place: ownPlace, takesCommands: 'all' } as const;
    await runTraining(resolveConfig({ ...settings, out, optimizer: 'adam', ema: 0.9 }), hooks);
    expect(order).toEqual(['uploaded after 2 releases', 'takes commands: true']);
    expect(existsSync(join(out, 'commands.ndjson'))).toBe(false);
    expect(left).toBe(0);
    release.mockRestore();
  });

  it('that is stopped while it loads, or before its first step, leaves no folder', async () => {
    for (const when of ['load', 'open'] as const) {
      const out = join(temporary(), 'run');
      const control = new Control();
      let begun = 0;
      const stopping: Workplace = {
        load: async (path, options) => {
          if (when === 'load') control.stop('sigint');
          options.onProgress?.({ done: 0, total: 1, unit: 'images' });
          return place.load(path, options);
        },
        open: async (adapter) => {
          begun++;
          control.stop('sigint');
          return place.open(adapter);
        },
        uploaded: () => place.uploaded(),
        leave: (...end) => place.leave(...end),
      };
      const events: TrainEvent[] = [];
      const hooks = { emit: (event: TrainEvent) => void events.push(event), control, place: stopping };
      await expect(runTraining(resolveConfig({ ...settings, out }), hooks)).rejects.toMatchObject({
        message: 'stopped before the first step: there is nothing to save',
        exitCode: 130,
      });
      expect(events.filter(({ type }) => type !== 'note')).toEqual([
        { type: 'end', status: 'stopped', exit: 130 },
      ]);
      expect(existsSync(out), when).toBe(false);
      expect(begun, 'devices opened').toBe(when === 'load' ? 0 : 1);
    }
  });

  it('that fails tells why and that it has ended, and unlocks its folder', async () => {
    const out = join(temporary(), 'run');
    const events: TrainEvent[] = [];
    const hooks = { emit: (event: TrainEvent) => void events.push(event), control: new Control(), place };
    const diverging = resolveConfig({ ...settings, out, optimizer: 'sgd' });
    await expect(runTraining({ ...diverging, lr: 1e38 }, hooks)).rejects.toThrow('training diverged');
    expect(events.slice(-2)).toMatchObject([
      { type: 'error', exit: 6, message: expect.stringContaining('training diverged') },
      { type: 'end', status: 'failed', exit: 6 },
    ]);
    expect(readEvents(join(out, 'events.ndjson')).slice(-2)).toEqual(events.slice(-2));
    expect(isLocked(out)).toBe(false);
  });

  it('refuses other data than before, or says that they are others where that is allowed', async () => {
    const out = join(temporary(), 'run');
    const events: TrainEvent[] = [];
    const hooks = { emit: (event: TrainEvent) => void events.push(event), control: new Control(), place };
    await runTraining(resolveConfig({ ...settings, out, 'max-steps': 1 }), hooks);
    const path = join(out, 'config.json');
    const config = JSON.parse(readFileSync(path, 'utf8'));
    // The same number of images, drawn with another seed.
    writeFileSync(path, JSON.stringify({ ...config, seed: 8 }));
    const what =
      'the data have changed since the run last trained: 70 training and 70 validation images, but';
    await expect(resumeTraining(out, hooks)).rejects.toThrow(what);
    await resumeTraining(out, hooks, { allowChangedData: true });
    const notes = readEvents(join(out, 'events.ndjson')).filter((event) => event.type === 'note');
    expect(notes.map(({ message }) => message).filter((message) => message.startsWith(what))).toHaveLength(1);
    await resumeTraining(out, hooks); // from now on, those are its data
    const hashes = events.flatMap((event) => (event.type === 'start' ? [event.data.sha256] : []));
    expect(new Set(hashes).size).toBe(2);
  });

  it('ends an epoch that was begun with more data than there are now', async () => {
    const out = join(temporary(), 'run');
    const hooks = { emit: () => undefined, control: new Control(), place };
    await runTraining(
      resolveConfig({
        ...settings,
        data: 'synthetic:140',
        batch: 14,
        limit: 130,
        out,
        'max-steps': 6,
        epochs: 2,
      }),
      hooks,
    );
    const path = join(out, 'config.json');
    const { maxSteps: _, ...config } = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...config, data: 'synthetic:70' }));
    await expect(resumeTraining(out, hooks)).rejects.toThrow('130 training and');
    await expect(resumeTraining(out, hooks)).rejects.toThrow('images then, 70 training and');
    const { epochs, steps } = await resumeTraining(out, hooks, { allowChangedData: true });
    expect({ epochs, steps }).toEqual({ epochs: 2, steps: 6 + 5 });
  });

  it('names a checkpoint that belongs to other settings', async () => {
    const out = join(temporary(), 'run');
    const hooks = { emit: () => undefined, control: new Control(), place };
    await runTraining(resolveConfig({ ...settings, out, 'max-steps': 1 }), hooks);
    const path = join(out, 'config.json');
    const config = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...config, dense: '9' }));
    await expect(resumeTraining(out, hooks)).rejects.toThrow(
      `${join(out, 'checkpoint.safetensors')}: belongs to other settings than those in ${path} (`,
    );
    await expect(resumeTraining(out, hooks)).rejects.toMatchObject({ exitCode: 5 });
  });

  it('is told where to go on when its folder cannot be written', async () => {
    const out = join(temporary(), 'run');
    const hooks = { emit: () => undefined, control: new Control(), place };
    await runTraining(resolveConfig({ ...settings, out, 'max-steps': 1 }), hooks);
    rmSync(join(out, 'events.ndjson'));
    mkdirSync(join(out, 'events.ndjson'));
    await expect(resumeTraining(out, hooks)).rejects.toThrow(
      `it is a folder; move ${out} to where it can be written, then go on with --resume`,
    );
  });

  it('whose folder is removed in the middle ends with words, and leaves nothing', async () => {
    const out = join(temporary(), 'run');
    const emit = ({ type }: TrainEvent): void => {
      if (type === 'epoch') rmSync(out, { recursive: true });
    };
    const removed = runTraining(resolveConfig({ ...settings, out }), { emit, control: new Control(), place });
    await expect(removed).rejects.toThrow(`put ${out} back, then go on with --resume`);
    expect(existsSync(out)).toBe(false);
  });

  it('says what else keeps a run from going on to the same bits', async () => {
    const out = join(temporary(), 'run');
    const events: TrainEvent[] = [];
    const hooks = { emit: (event: TrainEvent) => void events.push(event), control: new Control(), place };
    await runTraining(resolveConfig({ ...settings, out, 'max-steps': 1 }), hooks);
    const log = join(out, 'events.ndjson');
    writeFileSync(log, readFileSync(log, 'utf8').replace(/"adapter":"[^"]*"/, '"adapter":"Another"'));
    await resumeTraining(out, hooks);
    const tuning = join(out, 'tuning.json');
    const kept = readFileSync(tuning, 'utf8');
    writeFileSync(tuning, kept.replace(/subgroups \d+-\d+/, 'subgroups 2-2'));
    await resumeTraining(out, hooks);
    rmSync(tuning);
    await resumeTraining(out, hooks);
    const notes = events.flatMap((event) =>
      event.type === 'note' && event.kind === 'resume' ? [event.message] : [],
    );
    expect(
      notes.filter((note) => note.startsWith('the run was trained on Another and continues on')),
    ).toHaveLength(1);
    expect(notes.filter((note) => note.startsWith('the run was trained with other subgroups'))).toHaveLength(
      1,
    );
    expect(notes.filter((note) => note.startsWith('tuning.json is missing'))).toHaveLength(1);
  });
});
