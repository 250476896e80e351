import { mkdtempSync } from 'node:fs';
import { constants, getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { News } from '../../src/engine/engine.js';
import { EngineProcess } from '../../src/engine/process.js';
import { isAlive } from '../../src/util/processes.js';

/** The built process of the engine; a request that needs no device shows what it does. */
const CHILD = fileURLToPath(new URL('../../dist/engine/child.js', import.meta.url));
let engine: EngineProcess;
beforeEach(() => {
  vi.stubEnv('XDG_CACHE_HOME', mkdtempSync(join(tmpdir(), 'fer-tui-child-')));
  engine = new EngineProcess(CHILD);
});
afterEach(async () => {
  await engine.close();
  vi.unstubAllEnvs();
});

it('answers, at a lower priority than the screen, in a process group of its own', async () => {
  expect(await engine.request('runs.list', { folder: '/nowhere' })).toEqual([]);
  const pid = engine.pid as number;
  expect(getPriority(pid)).toBe(constants.priority.PRIORITY_BELOW_NORMAL);
  expect(() => process.kill(-pid, 0)).not.toThrow(); // ^C in the terminal reaches the screen's group alone
  await expect(engine.request('studies.show', { path: '/nowhere' })).rejects.toThrow('/nowhere');
});

it('stops what is cancelled, and goes on with what is asked next', async () => {
  const abort = new AbortController();
  let heard = 0;
  const faces = 40_000;
  const slow = engine.request(
    'data.open',
    { path: `synthetic:${faces}` },
    {
      signal: abort.signal,
      onProgress: ({ done }) => {
        heard = done;
        abort.abort();
      },
    },
  );
  await expect(slow).rejects.toThrow('cancelled');
  expect(heard).toBeLessThan(faces);
  expect(await engine.request('runs.list', { folder: '/nowhere' })).toEqual([]);
});

it('tells how busy it is every second, and ends when it is left', async () => {
  const news: News[] = [];
  engine.listen((one) => news.push(one));
  await engine.request('runs.list', { folder: '/nowhere' });
  await expect.poll(() => news.filter(({ type }) => type === 'heartbeat').length).toBeGreaterThan(1);
  const [beat] = news;
  expect(beat).toMatchObject({
    type: 'heartbeat',
    load: { cpu: expect.any(Number), memory: expect.any(Number) },
  });
  const pid = engine.pid as number;
  engine.release();
  await expect.poll(() => isAlive(pid)).toBe(false);
});
