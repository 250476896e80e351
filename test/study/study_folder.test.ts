import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runStudy, type TrialRunner } from '../../src/study/run_study.js';
import { Study } from '../../src/study/study.js';
import type { TrainEvent } from '../../src/train/events.js';
import { thisProcess } from '../../src/util/processes.js';
import {
  advisers,
  fakeRecord,
  hooks,
  journalOf,
  newFolder,
  newStudy,
  sampler,
  settings,
  taken,
} from './fakes.js';

describe('the folder of a study', () => {
  it('is its own, and says what is wrong with it', async () => {
    const study = newStudy();
    expect(() => Study.create(study.path, settings())).toThrow('it holds a study (--resume');
    expect(() => Study.create('/proc/study', settings())).toThrow('cannot write /proc/study');
    expect(() => Study.open('/nowhere')).toThrow('no study there');
    const file = join(study.path, 'study.yaml');
    const text = readFileSync(file, 'utf8');
    expect(Study.open(study.path).settings).toEqual(settings());
    writeFileSync(file, text.replace('version: 1', 'version: 2'));
    expect(() => Study.open(study.path)).toThrow('version 2; this version of fer-tui reads version 1');
    writeFileSync(file, 'version: 1\n');
    expect(() => Study.open(study.path)).toThrow('the file is damaged');
    writeFileSync(file, 'a: [');
    expect(() => Study.open(study.path)).toThrow('cannot be read as YAML');
    rmSync(file);
    await expect(study.take(advisers())).rejects.toThrow('there is no study any more');
  });

  it('is the first free one in studies, where none is named', () => {
    const before = process.cwd();
    process.chdir(newFolder());
    try {
      const made = [1, 2, 3].map(() => Study.create(undefined, settings()).path);
      expect(made).toEqual(['studies/s1', 'studies/s2', 'studies/s3']);
    } finally {
      process.chdir(before);
    }
  });

  it('loses a torn line, and not the one behind it', async () => {
    const study = newStudy();
    const step = await taken(study);
    appendFileSync(journalOf(study), '{"number":1,"val');
    await step.finish(fakeRecord(step.order));
    expect(Study.open(study.path).trials).toMatchObject([{ number: 1, state: 'complete' }]);
    expect(study.trials).toEqual(Study.open(study.path).trials);
  });

  it('counts a line that another process is writing once it is whole', async () => {
    const study = newStudy();
    const step = await taken(study);
    await step.finish(fakeRecord(step.order));
    const last = readFileSync(journalOf(study), 'utf8').trimEnd().split('\n').at(-1) ?? '';
    const next = `${last.replace('"number":1', '"number":2')}\n`;
    const numbers = () => study.trials.map(({ number }) => number);
    appendFileSync(journalOf(study), next.slice(0, 20));
    expect(numbers()).toEqual([1]);
    appendFileSync(journalOf(study), next.slice(20));
    expect(numbers()).toEqual([1, 2]);
  });

  it('can be moved, and keeps what no number of JSON can say', async () => {
    const study = newStudy();
    const step = await taken(study);
    await step.finish({ ...fakeRecord(step.order), curve: [Number.NaN, 0.5], metric: 0.5 });
    expect(readFileSync(journalOf(study), 'utf8').split('\n')).toHaveLength(3); // two lines and their ends
    appendFileSync(journalOf(study), '\n{"number":9}\nnull\n');
    const [trial] = Study.open(study.path).trials;
    expect(trial).toMatchObject({ curve: [Number.NaN, 0.5], run: join(study.path, 'trials', 't1') });
    expect(readFileSync(journalOf(study), 'utf8')).toContain('"run":"trials/t1"');
    rmSync(journalOf(study));
    expect(existsSync(journalOf(study))).toBe(false);
    expect(Study.open(study.path).trials).toEqual([]);
  });
});

it('a study goes on with the interrupted trial that began first', async () => {
  const study = newStudy();
  const steps = [await taken(study), await taken(study)];
  for (const step of steps.reverse()) step.giveBack();
  expect((await taken(study)).order.number).toBe(1);
});

it('a study waits for what a killed process has left behind: the one that trained for it still saves', async () => {
  const study = newStudy();
  const step = await taken(study);
  step.giveBack();
  mkdirSync(step.order.run);
  const lock = join(step.order.run, 'lock');
  writeFileSync(lock, JSON.stringify(thisProcess()));
  expect(await study.take(advisers())).toBe('wait');
  await expect(study.takeTrial(1, sampler)).rejects.toThrow('is working on trial 1');
  rmSync(lock);
  expect((await taken(study)).order).toEqual(step.order);
});

it('a study tells of each step as it begins and ends, and passes on what its training says', async () => {
  const said: string[] = [];
  const runner: TrialRunner = {
    run: async (order, { emit }) => {
      emit({ type: 'epoch' } as TrainEvent);
      return fakeRecord(order);
    },
  };
  await runStudy(newStudy({ trials: 2 }), advisers(), runner, {
    ...hooks(),
    onBegin: ({ number, until }) => said.push(`begin ${number} to ${until}`),
    emit: ({ type }, { number }) => said.push(`${type} of ${number}`),
    onEnd: ({ number, epochs }) => said.push(`end ${number} at ${epochs}`),
  });
  expect(said).toEqual([1, 2].flatMap((n) => [`begin ${n} to 4`, `epoch of ${n}`, `end ${n} at 4`]));
});
