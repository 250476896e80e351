import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { News } from '../../src/engine/engine.js';
import { EngineProcess } from '../../src/engine/process.js';
import { isAlive } from '../../src/util/processes.js';

/** A child that sends back what it hears as news, answers some requests, and ends when told. */
const CHILD = `
let seq = 0;
let told = false;
const post = (...messages) => process.connected && process.send({ seq: seq++, messages });
process.on('message', (command) => {
  const { type, id, name, args } = command;
  if (type === 'end') process.exit(0);
  if (type === 'detach') { told = true; return; }
  if (type === 'pause') { console.log('paused'); post({ type: 'heartbeat' }); return; }
  if (type === 'cancel') { post({ type: 'loading', done: id, total: 0, unit: 'cancelled' }); return; }
  if (name === 'runs.list') setTimeout(() => post({ type: 'progress', id, value: 1 }, { type: 'progress', id, value: 2 },
    { type: 'reply', id, value: [args.folder, id] }, { type: 'progress', id, value: 3 }), args.folder === 'slow' ? 60 : 0);
  if (name === 'machine.probe') post({ type: 'failed', id, message: 'no GPU' });
  if (name === 'data.duplicates') process.exit(3);
});
process.on('disconnect', () => { console.log('left', told); if (!told) process.exit(0); setTimeout(() => process.exit(0), 200); });
`;

const cache = process.env['XDG_CACHE_HOME'];
let engine: EngineProcess;
let news: News[];
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'fer-tui-engine-'));
  process.env['XDG_CACHE_HOME'] = join(folder, 'cache');
  const entry = join(folder, 'child.mjs');
  writeFileSync(entry, CHILD);
  engine = new EngineProcess(entry);
  news = [];
  engine.listen((item) => news.push(item));
});
afterEach(async () => {
  await engine.close();
  if (cache === undefined) delete process.env['XDG_CACHE_HOME'];
  else process.env['XDG_CACHE_HOME'] = cache;
});

it('answers each request with its own reply and progress, in whatever order they come', async () => {
  expect(engine.pid).toBeUndefined();
  const seen: unknown[] = [];
  const onProgress = (value: unknown) => seen.push(value);
  const slow = engine.request('runs.list', { folder: 'slow' }, { onProgress });
  const fast = engine.request('runs.list', { folder: 'fast' });
  expect(engine.pid).toBeUndefined(); // a screen is drawn before
  expect(await fast).toEqual(['fast', 1]);
  expect(engine.pid).toBeGreaterThan(0);
  expect(await slow).toEqual(['slow', 0]);
  expect(seen).toEqual([1, 2]);
  expect(news).toEqual([]); // answers are not news
  await expect(engine.request('machine.probe', {})).rejects.toThrow('no GPU');
});

it('tells all listeners the news until they leave; output goes to the log', async () => {
  const heard: News[] = [];
  const leave = engine.listen((item) => heard.push(item));
  engine.send({ type: 'pause' });
  await expect.poll(() => heard).toEqual([{ type: 'heartbeat' }]);
  leave();
  engine.send({ type: 'pause' });
  await expect.poll(() => news).toHaveLength(2);
  expect(heard).toHaveLength(1);
  expect(readFileSync(engine.log, 'utf8')).toBe('paused\npaused\n');
});

it('cancels a request: it rejects, the engine hears of it once, and a late answer counts for nothing', async () => {
  const abort = new AbortController();
  const slow = engine.request('runs.list', { folder: 'slow' }, { signal: abort.signal });
  abort.abort();
  await expect(slow).rejects.toThrow('cancelled');
  await expect.poll(() => news).toEqual([{ type: 'loading', done: 0, total: 0, unit: 'cancelled' }]);
  const over = new AbortController();
  await engine.request('runs.list', { folder: 'slow' }, { signal: over.signal });
  over.abort(); // it was answered
  await engine.request('runs.list', { folder: 'fast' });
  expect(news).toHaveLength(1);
});

it('that ends fails what was asked, says so, and starts again with the next request', async () => {
  await expect(engine.request('data.duplicates', { path: 'x' })).rejects.toThrow(
    `the engine ended (exit 3); its log: ${engine.log}`,
  );
  expect(news).toEqual([{ type: 'exit', code: 3, signal: null }]);
  expect(engine.pid).toBeUndefined();
  expect(await engine.request('runs.list', { folder: 'again' })).toEqual(['again', 1]);
});

it('can be killed, closed and let go', async () => {
  await engine.close(); // nothing runs
  engine.send({ type: 'pause' });
  engine.kill();
  await expect.poll(() => news.at(-1)).toEqual({ type: 'exit', code: null, signal: 'SIGKILL' });
  engine.send({ type: 'pause' });
  await engine.close();
  expect(news.at(-1)).toEqual({ type: 'exit', code: 0, signal: null });
  engine.send({ type: 'pause' });
  const told = news.length;
  engine.release();
  await expect.poll(() => news.slice(told).map(({ type }) => type)).toContain('exit');
});

it('is told before it is left alone; what was asked fails, and the next request has another engine', async () => {
  engine.detach(); // nothing runs
  await engine.request('runs.list', { folder: 'fast' });
  const slow = engine.request('runs.list', { folder: 'slow' });
  const { pid } = engine;
  engine.detach();
  await expect(slow).rejects.toThrow('training was detached');
  expect(engine.pid).toBeUndefined();
  expect(await engine.request('runs.list', { folder: 'fast' })).toEqual(['fast', 2]);
  expect(engine.pid).not.toBe(pid);
  await expect.poll(() => readFileSync(engine.log, 'utf8')).toBe('left true\n');
  await expect.poll(() => isAlive(pid ?? 0)).toBe(false);
  expect(news).toEqual([]); // its end is no news
});
