import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { check } from '../../src/cli/commands/check.js';
import { predict } from '../../src/cli/commands/predict.js';
import { tune } from '../../src/cli/commands/tune.js';
import { verifyFiles } from '../../src/cli/commands/verify.js';
import type { PredictArgs } from '../../src/cli/declarations/predict.js';
import { MODEL_NAMES } from '../../src/nn/model_names.js';
import { EXIT } from '../../src/util/errors.js';
import { written } from '../helpers/printed.js';

/** What `predict`, `check`, `verify` and `tune` print, and their exit codes; what they measure is a stand-in. */

const stand = vi.hoisted(() => ({
  predictions: [] as { path: string; probabilities: number[] }[],
  unread: [] as { path: string; why: string }[],
  notes: [] as string[],
  hint: undefined as string | undefined,
  checks: [] as object[],
  verdicts: {} as Record<string, object[]>,
  rows: [] as object[],
  /** Called before each row that is tuned. */
  beforeRow: (): void => undefined,
  tuned: undefined as unknown,
  closed: 0,
}));
vi.mock('../../src/train/predict.js', () => ({
  predictImages: async () => ({
    ensemble: { classes: ['Cat', 'Dog', 'Eel'], classesGuessed: false, members: [{ path: 'w.h5' }] },
    ...{ predictions: stand.predictions, unread: stand.unread, notes: stand.notes },
  }),
}));
vi.mock('../../src/cli/whole_faces.js', () => ({ cropHint: async () => stand.hint }));
vi.mock('../../src/train/sanity.js', () => ({
  runSanityChecks: async ({ onProgress }: { onProgress: (message: string) => void }) => {
    onProgress('first loss');
    return stand.checks;
  },
}));
vi.mock('../../src/train/verify.js', () => ({ verify: async (path: string) => stand.verdicts[path] }));
vi.mock('../../src/gpu/device.js', () => ({
  openGpu: async () => ({
    info: { name: 'an adapter' },
    close: () => {
      stand.closed++;
    },
  }),
}));
vi.mock('../../src/gpu/tuning_table.js', () => ({ tablePath: () => 'cache/table.json' }));
vi.mock('../../src/train/tune.js', () => ({
  tuneModels: async (
    _gpu: unknown,
    plan: { models: { name: string }[]; training: number[]; inference: number[] },
    { path, onProgress }: { path?: string; onProgress: (progress: object) => void },
  ) => {
    stand.tuned = [plan.models.map(({ name }) => name), plan.training, plan.inference, path];
    stand.rows.forEach((_, done) => {
      stand.beforeRow();
      onProgress({ key: `row ${done}`, done, known: stand.rows.length });
    });
    return stand.rows;
  },
}));

const untouched = structuredClone({ ...stand, beforeRow: undefined });
const terminal = Object.getOwnPropertyDescriptor(process.stderr, 'isTTY');
const onTerminal = (isTTY: boolean): void =>
  void Object.defineProperty(process.stderr, 'isTTY', { value: isTTY, configurable: true });
beforeEach(() => onTerminal(false));
afterAll(() => {
  if (terminal === undefined) Reflect.deleteProperty(process.stderr, 'isTTY');
  else Object.defineProperty(process.stderr, 'isTTY', terminal);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  Object.assign(stand, structuredClone(untouched), { beforeRow: () => undefined });
});

/** Global arguments, and those that the stand-ins do not look at. */
const rest = { json: false, quiet: false, adapter: undefined, color: 'auto' as const };

describe('predict', () => {
  const args = {
    ...rest,
    ...{ paths: ['p'], top: 2, tta: 'none', detect: false, skipBad: false, weights: undefined },
    ...{ model: undefined, preprocess: undefined, classes: undefined },
  } as unknown as PredictArgs & typeof rest;

  it('prints the most probable classes of each image, and what cannot be read', async () => {
    stand.predictions = [
      { path: 'p/a.png', probabilities: [0.2, 0.7, 0.1] },
      { path: 'p/b\u001b.png', probabilities: [0.05, 0.0449, 0.9051] },
    ];
    stand.unread = [{ path: 'p/c.png', why: 'p/c.png: not a picture' }];
    stand.notes = ['p/d.txt is not read'];
    stand.hint = 'try --detect';
    expect(await written(() => predict(args))).toEqual({
      out: `image                1.          2.
-----------  ----------  ----------
p/a.png      Dog 70.0 %  Cat 20.0 %
p/b\\x1b.png  Eel 90.5 %   Cat 5.0 %
`,
      err: 'p/c.png: not a picture\np/d.txt is not read\ntry --detect\n',
      code: EXIT.data,
    });
    const quiet = await written(() => predict({ ...args, quiet: true, skipBad: true }));
    expect(quiet).toMatchObject({ err: 'p/c.png: not a picture\np/d.txt is not read\n', code: EXIT.done });
  });

  it('prints as many columns as there are classes, where --top asks for more', async () => {
    stand.predictions = [{ path: 'a', probabilities: [0.2, 0.7, 0.1] }];
    const { out, code } = await written(() => predict({ ...args, top: 9 }));
    expect(out.split('\n')[0]).toBe('image          1.          2.          3.');
    expect(code).toBe(EXIT.done);
  });

  it('prints a line of JSON for each image', async () => {
    stand.predictions = [{ path: 'a', probabilities: [0.2, 0.7, 0.1, 0] }];
    stand.unread = [{ path: 'c', why: 'c: not a picture' }];
    const { out } = await written(() => predict({ ...args, json: true, top: 4 }));
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      {
        ...{ v: 1, type: 'prediction', path: 'a', probabilities: [0.2, 0.7, 0.1, 0] },
        top: [
          { label: 'Dog', probability: 0.7 },
          { label: 'Cat', probability: 0.2 },
          { label: 'Eel', probability: 0.1 },
          { label: '3', probability: 0 }, // a class without a name
        ],
      },
      { v: 1, type: 'unread', path: 'c', message: 'c: not a picture' },
    ]);
  });
});

describe('check', () => {
  const args = { ...rest, data: 'synthetic', classes: undefined, skipBad: false };
  const passed = { name: 'first loss', pass: true, expected: '1.9459', got: 1.95004, detail: 'within 0.15' };
  const failed = { name: 'memorizes', pass: false, expected: '1', got: 0.9, detail: '140 images' };

  it('prints a line for each check, and fails where one does', async () => {
    stand.checks = [passed, failed];
    expect(await written(() => check(args))).toEqual({
      out: `pass  first loss: 1.9500, expected 1.9459 (within 0.15)
FAIL  memorizes: 0.9000, expected 1 (140 images)
`,
      ...{ err: 'first loss\n', code: EXIT.bug },
    });
  });

  it('passes where all do, and says nothing of its progress with --quiet', async () => {
    stand.checks = [passed];
    const { out, ...other } = await written(() => check({ ...args, json: true, quiet: true }));
    expect(JSON.parse(out)).toEqual({ v: 1, type: 'result', pass: true, checks: [passed] });
    expect(other).toEqual({ err: '', code: EXIT.done });
  });
});

describe('verify', () => {
  const verified = { path: 'run/best.safetensors', state: 'verified', why: '' };
  const readable = { path: 'm.h5', state: 'readable', why: 'it has no checksum' };
  const damaged = { path: 'x', state: 'damaged', why: 'ends\u001b early' };

  it('prints the state of each file, and why', async () => {
    stand.verdicts = { run: [verified], 'm.h5': [readable] };
    expect(await written(() => verifyFiles({ ...rest, paths: ['run', 'm.h5'] }))).toEqual({
      out: `run/best.safetensors  verified
m.h5                  readable: it has no checksum
`,
      ...{ err: '', code: EXIT.done },
    });
  });

  it('fails where a file is damaged', async () => {
    stand.verdicts = { x: [damaged], run: [verified] };
    const { out, code } = await written(() => verifyFiles({ ...rest, paths: ['x', 'run'] }));
    expect(out.split('\n')[0]).toBe('x                     damaged: ends\\x1b early');
    expect(code).toBe(EXIT.run);
    const json = await written(() => verifyFiles({ ...rest, json: true, paths: ['x'] }));
    expect(JSON.parse(json.out)).toEqual({ v: 1, type: 'file', ...damaged });
  });
});

describe('tune', () => {
  const args = { ...rest, model: ['fer-cnn'], batch: [28], predict: [1, 2], out: undefined };
  const row = (key: string, wrong = {}): object => ({
    ...{ key, way: 'fast', times: { naive: 12.345, fast: 0.98765, half: 3 }, wrong },
  });

  it('prints the fastest way of each row with its time, and the others', async () => {
    stand.rows = [row('matmul 1'), { ...row('pool'), times: {} }];
    expect(await written(() => tune(args))).toEqual({
      out: `what      fastest      time                       others
--------  -------  --------  ---------------------------
matmul 1     fast  0.988 ms  naive 12.3 ms, half 3.00 ms
pool         fast         -

saved in cache/table.json
`,
      ...{ err: '', code: EXIT.done },
    });
    expect(stand.tuned).toEqual([['fer-cnn'], [28], [1, 2], undefined]);
    expect(stand.closed).toBe(1);
  });

  it('names ways with wrong results, and fails', async () => {
    stand.rows = [row('a'), row('b', { half: 0.5 })];
    const { out, err, code } = await written(() => tune({ ...args, out: 'mine\u001b.json', model: [] }));
    expect(out).toMatch(/\nsaved in mine\\x1b\.json\n$/);
    expect(err).toBe('WRONG on this adapter, and not used: b: {"half":0.5}\n');
    expect(code).toBe(EXIT.bug);
    expect(stand.tuned).toEqual([MODEL_NAMES, [28], [1, 2], 'mine\u001b.json']);
    const json = await written(() => tune({ ...args, json: true }));
    expect(JSON.parse(json.out)).toEqual({
      ...{ v: 1, type: 'result', adapter: 'an adapter', path: 'cache/table.json', results: stand.rows },
    });
  });

  it('shows its progress on a terminal, with the time left after four rows', async () => {
    vi.useFakeTimers();
    onTerminal(true);
    stand.beforeRow = () => void vi.advanceTimersByTime(2000);
    stand.rows = new Array(6).fill(row('a'));
    const { err } = await written(() => tune(args));
    const lines = err.split('\r\x1b[2K');
    expect(lines.slice(1)).toEqual([
      ...['tuning 1 of 6  row 0', 'tuning 2 of 6  row 1', 'tuning 3 of 6  row 2', 'tuning 4 of 6  row 3'],
      // ten seconds for four rows and the beginning of the fifth
      ...['tuning 5 of 6  ETA 5 s  row 4', 'tuning 6 of 6  ETA 2 s  row 5', ''],
    ]);
    expect((await written(() => tune({ ...args, quiet: true }))).err).toBe('');
  });

  it.each([0, 1.5, 1025])('refuses a batch of %s', async (size) => {
    await expect(tune({ ...args, predict: [1, size] })).rejects.toThrow(
      `--predict ${size}: expected whole numbers from 1 to 1024`,
    );
    await expect(tune({ ...args, batch: [size] })).rejects.toThrow(`--batch ${size}: expected`);
  });
});
