import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { attach } from '../../src/cli/commands/attach.js';
import { train } from '../../src/cli/commands/train.js';
import { webcam } from '../../src/cli/commands/webcam.js';
import type { Lines } from '../../src/cli/vision_lines.js';
import { UsageError } from '../../src/util/errors.js';
import { VISION_DEFAULTS } from '../../src/vision/options.js';
import type { VisionOptions } from '../../src/vision/protocol.js';

/** What commands give to a screen, to plain lines and to a training; none of them does anything. */
const seen = vi.hoisted(() => ({
  screens: [] as { readonly [option: string]: unknown }[],
  accessible: [] as unknown[],
  lines: [] as { readonly options: VisionOptions; readonly lines: Lines }[],
  trained: [] as unknown[][],
}));
vi.mock('../../src/tui/main.js', () => ({
  runTui: async (options: { readonly [option: string]: unknown }) => {
    seen.screens.push(options);
    return 0;
  },
}));
vi.mock('../../src/tui/accessible.js', () => ({
  runAccessible: async (path: unknown) => {
    seen.accessible.push(path);
    return 0;
  },
}));
vi.mock('../../src/cli/vision_lines.js', async (original) => ({
  ...(await original<object>()),
  runLines: async (options: VisionOptions, _: unknown, lines: Lines) => {
    seen.lines.push({ options, lines });
    return 0;
  },
}));
vi.mock('../../src/train/session.js', () => {
  const train = async (...args: unknown[]) => {
    seen.trained.push(args);
    return {
      run: 'r1',
      bestValAcc: 0.5,
      bestEpoch: 2,
      status: 'finished',
      path: 'runs/r1',
      epochs: 2,
      of: 2,
    };
  };
  return { runTraining: train, resumeTraining: train };
});
vi.mock('../../src/train/runs.js', async (original) => ({
  ...(await original<object>()),
  findRun: (name: string) => ({ name, path: `runs/${name}` }),
}));

const terminals = [process.stdin, process.stdout].map(({ isTTY }) => isTTY);
function setTerminals(stdin: boolean, stdout: boolean): void {
  for (const [i, stream] of [process.stdin, process.stdout].entries())
    Object.defineProperty(stream, 'isTTY', { value: [stdin, stdout][i], configurable: true });
}
beforeEach(() => {
  for (const list of Object.values(seen)) list.length = 0;
  setTerminals(true, true);
  for (const name of ['CI', 'NO_COLOR', 'ACCESSIBLE', 'INK_SCREEN_READER', 'FER_TUI_THEME', 'FORCE_COLOR'])
    vi.stubEnv(name, undefined);
  vi.stubEnv('TERM', 'xterm-256color');
  for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, 'write').mockReturnValue(true);
});
afterEach(() => {
  setTerminals(terminals[0] === true, terminals[1] === true);
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const GLOBAL = { json: false, quiet: false, color: 'auto' } as const;

describe('train', () => {
  const begin = (args: object = {}) =>
    train({ ...GLOBAL, data: 'synthetic:70', epochs: 3, ...args } as unknown as Parameters<typeof train>[0]);

  it('opens its screen in a terminal, with the settings', async () => {
    expect(await begin()).toBe(0);
    expect(seen.screens).toEqual([
      expect.objectContaining({
        ...{ fps: 15, screen: 'train' },
        run: { settings: expect.objectContaining({ data: 'synthetic:70', epochs: 3 }) },
      }),
    ]);
    expect(seen.trained).toEqual([]);
  });

  it('resumes on its screen with what is to change', async () => {
    await begin({ resume: 'runs/r1', data: undefined, allowChangedData: true });
    expect(seen.screens[0]?.['run']).toEqual({
      resume: 'runs/r1',
      changes: { epochs: 3, allowChangedData: true },
    });
    await begin({ resume: 'runs/r1', data: undefined, tui: false });
    expect(seen.trained[0]?.[0]).toBe('runs/r1');
    expect(seen.trained[0]?.[2]).toEqual({ epochs: 3 });
    await expect(begin({ resume: 'runs/r1' })).rejects.toThrow('--data: a resumed run keeps its settings');
    await expect(begin({ allowChangedData: true })).rejects.toThrow('a new run has no earlier data');
  });

  it.each<[string, object, () => void]>([
    ['--json', { json: true }, () => undefined],
    ['--quiet', { quiet: true }, () => undefined],
    ['--no-tui', { tui: false }, () => undefined],
    ['CI', {}, () => vi.stubEnv('CI', 'true')],
    ['TERM=dumb', {}, () => vi.stubEnv('TERM', 'dumb')],
    ['ACCESSIBLE', {}, () => vi.stubEnv('ACCESSIBLE', '1')],
    ['a screen reader', {}, () => vi.stubEnv('INK_SCREEN_READER', 'true')],
    ['input from a file', {}, () => setTerminals(false, true)],
    ['output to a file', {}, () => setTerminals(true, false)],
  ])('prints lines with %s', async (_, args, change) => {
    change();
    await begin(args);
    expect([seen.screens.length, seen.trained.length]).toEqual([0, 1]);
  });

  it('with --tui opens its screen in CI too, and nowhere without a terminal', async () => {
    vi.stubEnv('CI', 'true');
    await begin({ tui: true });
    expect(seen.screens).toHaveLength(1);
    setTerminals(true, false);
    await expect(begin({ tui: true })).rejects.toThrow(UsageError);
  });
});

describe('webcam', () => {
  const watch = (args: object = {}) =>
    webcam({
      ...{ ...GLOBAL, ...VISION_DEFAULTS, source: 'demo', headless: false, mouse: true },
      ...args,
    } as unknown as Parameters<typeof webcam>[0]);

  it('opens its screen in a terminal, with what was asked for', async () => {
    await watch({
      mirror: true,
      smoothing: 0,
      theme: 'light',
      ascii: true,
      mouse: false,
      snapshot: 'photos',
    });
    const [{ capability, own, ...rest } = {}] = seen.screens;
    expect(rest).toEqual({ fps: 15, screen: 'webcam' });
    expect(capability).toMatchObject({ theme: 'light', glyphs: 'ascii', mouse: false });
    expect(own).toMatchObject({
      webcam: { mirror: true, smoothed: false, options: { mirror: true, pace: 'live', snapshots: 'photos' } },
    });
    await watch();
    expect(seen.screens[1]?.['own']).toMatchObject({ webcam: { mirror: false, smoothed: true } });
  });

  it.each<[string, object, () => void]>([
    ['--headless', { headless: true }, () => undefined],
    ['--json', { json: true }, () => undefined],
    ['TERM=dumb', {}, () => vi.stubEnv('TERM', 'dumb')],
    ['ACCESSIBLE', {}, () => vi.stubEnv('ACCESSIBLE', '1')],
    ['output to a file', {}, () => setTerminals(true, false)],
  ])('prints lines with %s', async (_, args, change) => {
    change();
    await watch(args);
    expect([seen.screens.length, seen.lines.length]).toEqual([0, 1]);
  });

  it.each([
    ['demo', 'ordered'],
    ['package.json', 'ordered'], // a file
    ['3', 'live'],
    ['rtsp://host/one', 'live'],
  ])('prints every frame of %s in order, or drops those for which there is no time: %s', async (source, pace) => {
    await watch({ source, headless: true });
    expect(seen.lines[0]?.options).toMatchObject({ pace, snapshotFaces: true });
  });

  it('has failed where something could not be read', async () => {
    await watch({ headless: true });
    const summary = { frames: 1, dropped: 0, seconds: 1, without: 0, leftOut: 0, labels: {} };
    const exits = [0, 1].map((unread) => seen.lines[0]?.lines.exit({ ...summary, unread }));
    expect(exits).toEqual([0, 4]);
  });
});

describe('attach', () => {
  const come = (args: object = {}) =>
    attach({ ...GLOBAL, run: 'r1', accessible: false, mouse: true, ...args } as Parameters<typeof attach>[0]);

  it('shows a run on the Train screen, without one as words, and says what to do without a terminal', async () => {
    await come({ theme: 'dark' });
    expect(seen.screens[0]).toMatchObject({
      ...{ fps: 15, screen: 'train', run: { show: 'runs/r1' }, capability: { theme: 'dark' } },
    });
    for (const [args, term] of [
      [{ accessible: true }, 'xterm'],
      [{}, 'dumb'],
    ] as const) {
      vi.stubEnv('TERM', term);
      await come(args);
    }
    expect(seen.accessible).toEqual(['runs/r1', 'runs/r1']);
    setTerminals(false, true);
    await expect(come()).rejects.toThrow('attach needs a terminal; without one: fer-tui runs show r1');
  });
});
