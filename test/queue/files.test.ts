import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { encodeFaces } from '../../src/data/faces_file.js';
import { loadSource } from '../../src/data/load.js';
import { CoordinatorFiles, WorkerFiles } from '../../src/queue/files.js';
import type { NeededFile } from '../../src/queue/task.js';
import { OPTION_ENTRIES } from '../../src/train/options.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { DataError } from '../../src/util/errors.js';
import { png, someSplit } from '../data/fixtures.js';
import { MemoryStore } from '../helpers/memory_store.js';
import { eventually } from '../helpers/patience.js';
import { coordinator, folder, order, quiet, read, trainer, worker } from './fake_workers.js';

describe('the files of a trial', () => {
  /** A data set and a file of weights on the coordinator's machine. */
  function coordinatorsFiles() {
    const here = folder();
    const [data, init] = [join(here, 'a.faces'), join(here, 'init.h5')];
    const split = someSplit(3);
    const splits = { train: split, validation: split, test: split };
    const parts = { splits, name: 'a', source: 'a', classes: CLASS_NAMES, notes: [], skipped: 0, bad: [] };
    writeFileSync(data, Buffer.concat(encodeFaces(parts)));
    writeFileSync(init, 'weights');
    return { settings: { data, init }, data, init };
  }
  vi.stubEnv('FER_TUI_DATA', '');

  it('carry the names that --classes gives to numbered folders', async () => {
    const store = new MemoryStore();
    const data = folder();
    ['0', '1'].forEach((name, i) => {
      mkdirSync(join(data, 'train', name), { recursive: true });
      writeFileSync(join(data, 'train', name, 'a.png'), png([i, i, i]));
    });
    const files = new CoordinatorFiles(store, 's', 1e9);
    const settings = { data, classes: 'b,a' };
    const [need] = await files.neededBy({ settings, values: {} });
    const cache = folder();
    const there = new WorkerFiles(store, { cache, data: [], say: quiet });
    await store.requestFile('s', (need as NeededFile).sha256);
    await files.sendRequested();
    // The worker has no such folder.
    const moved = { ...(need as NeededFile), path: join(folder(), 'gone') };
    const path = await there.pathOf(moved, 's', new AbortController().signal);
    const { classes, splits } = await loadSource(path, settings);
    expect([path.startsWith(cache), classes, [...splits.train.labels]]).toEqual([true, ['a', 'b'], [1, 0]]);
    // One that has the same folder reads it with the same names.
    expect(
      await new WorkerFiles(store, { cache: folder(), data: [data], say: quiet }).pathOf(
        moved,
        's',
        new AbortController().signal,
      ),
    ).toBe(data);
  });

  it('are fetched once, and their paths translated both ways', async () => {
    const store = new MemoryStore();
    const { settings, data, init } = coordinatorsFiles();
    const seen: Record<string, unknown>[] = [];
    const { cache, say } = worker(store, {
      train: trainer([], (epoch, { settings: given }) => {
        if (epoch === 1) seen.push(given);
      }),
    });
    const study = coordinator(store);
    const remote = join(folder(), 'gone');
    const asked = order({ settings });
    // The worker must not find them under the coordinator's paths.
    const submit = store.submit.bind(store);
    store.submit = (task) =>
      submit({
        ...task,
        order: { ...task.order, settings: { data: `${remote}/a.faces`, init: `${remote}/init.h5` } },
        needs: task.needs.map((need) => ({ ...need, path: need.path.replace(/^.*\//, `${remote}/`) })),
      });
    await study.run(asked);
    await study.run({ ...asked, number: 2, run: join(folder(), 't2') });
    expect(seen.map((given) => Object.values(given).every((path) => String(path).startsWith(cache)))).toEqual(
      [true, true],
    );
    expect(readFileSync(String(seen[0]?.['data']))).toEqual(readFileSync(data));
    expect(readFileSync(String(seen[0]?.['init']))).toEqual(readFileSync(init));
    expect(String(seen[0]?.['init'])).toMatch(/\.h5$/);
    expect(say).toHaveBeenCalledTimes(2);
    expect(JSON.parse(read(asked.run, 'config.json'))['data']).toBe(`${remote}/a.faces`);
    await study.close();
    expect(store.shelves.size).toBe(0);
  });

  it('are used where they lie on the machine of the worker, whatever they are called', async () => {
    const store = new MemoryStore();
    const { settings, data } = coordinatorsFiles();
    const own = join(folder(), 'other.faces');
    writeFileSync(own, readFileSync(data));
    const seen: unknown[] = [];
    const train = trainer([], (_, given) => void seen.push(given.settings['data']));
    const { say } = worker(store, { data: [join(folder(), 'nothing'), own], train });
    await coordinator(store).run(order({ settings, until: 1 }));
    expect(seen).toEqual([own]);
    expect(say).not.toHaveBeenCalled();
  });

  it('above the limit are not sent: the worker says what to do, and gives the trial back', async () => {
    const store = new MemoryStore();
    const { settings } = coordinatorsFiles();
    const study = coordinator(store, 1000);
    void study.run(order({ settings }));
    await eventually(() => expect(store.tasks.size).toBe(1));
    const entry = store.tasks.get('abc.1.3');
    const gone = { ...entry?.task.needs[0], path: '/gone/a.faces' };
    if (entry) Object.assign(entry.task.needs, [gone]);
    const { ended } = worker(store);
    await expect(ended).rejects.toThrow(DataError);
    await expect(ended).rejects.toThrow(/\/gone\/a\.faces .*give --data PATH/);
    expect(store.tasks.get('abc.1.3')?.state).toBe('waiting');
  });
});

it('every setting that names a file to read is known to travel, or refused', async () => {
  const texts = OPTION_ENTRIES.filter(([, { type, choices }]) => type === 'string' && choices === undefined);
  const reading = texts.filter(([name, { help }]) => /\bfiles?\b|\.csv/.test(help) && name !== 'teacher');
  expect(reading.map(([name, { file }]) => [name, file !== undefined])).toEqual(
    reading.map(([name]) => [name, true]),
  );
  expect(reading.map(([name]) => name)).toEqual(expect.arrayContaining(['data', 'init', 'labels']));
  const run = coordinator(new MemoryStore()).run(order({ settings: { teacher: 'a.h5' } }));
  await expect(run).rejects.toThrow(/^teacher: /);
});
