import { execFile, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { runStudy, type TrialRunner } from '../../src/study/run_study.js';
import { Study, type TakenStep } from '../../src/study/study.js';
import type { Pruner, TrialRecord } from '../../src/study/trial.js';
import { Control } from '../../src/train/control.js';
import { FerError } from '../../src/util/errors.js';
import { thisProcess } from '../../src/util/processes.js';
import { Rng } from '../../src/util/random.js';
import { FULL } from '../helpers/needs.js';
import { eventually } from '../helpers/patience.js';
import {
  advisers,
  fakeRecord,
  fakeRunner,
  halves,
  hooks,
  journalOf,
  newFolder,
  newStudy,
  sampler,
  settings,
  taken,
  wholeTrials,
} from './fakes.js';

const TAKER = fileURLToPath(new URL('./study_taker.mjs', import.meta.url));
const MAKER = fileURLToPath(new URL('./study_maker.mjs', import.meta.url));
/** Trials without the study's folder. */
const facts = (study: Study) =>
  study.trials.map((trial) => ({ ...trial, run: trial.run.replace(study.path, '') }));

async function finished(pruner: Pruner = wholeTrials, part = {}): Promise<Study> {
  const study = newStudy(part);
  await runStudy(study, advisers(pruner), fakeRunner, hooks());
  return study;
}

/** What a process leaves behind that was killed while it worked on a trial. */
function die(study: Study, number: number): void {
  writeFileSync(
    join(study.path, 'trials', `t${number}.lock`),
    JSON.stringify({ ...thisProcess(), started: 'before' }),
  );
}

describe('a study', () => {
  it('runs all trials, and the same seed gives the same ones', async () => {
    const study = await finished();
    expect(study.trials.map(({ number, state, epochs, until }) => [number, state, epochs, until])).toEqual(
      [1, 2, 3, 4].map((number) => [number, 'complete', 4, 4]),
    );
    expect(facts(await finished())).toEqual(facts(study));
    expect(facts(Study.open(study.path))).toEqual(facts(study));
    expect(readdirSync(join(study.path, 'trials'))).toEqual([]); // the stand-in makes no runs, and no lock is left
  });

  it('ends with the space, and with the steps of the pruner', async () => {
    const study = newStudy({ trials: 5 });
    const three = { suggest: (n: number) => (n > 3 ? undefined : { lr: n }) };
    await runStudy(study, { sampler: three, pruner: wholeTrials }, fakeRunner, hooks());
    expect(study.trials.map(({ values }) => values)).toEqual([{ lr: 1 }, { lr: 2 }, { lr: 3 }]);

    const pruned = await finished(halves, { trials: 8 });
    expect(pruned.trials.map(({ epochs }) => epochs).sort()).toEqual([1, 1, 1, 1, 4, 4, 4, 4]);
    expect(new Set(pruned.trials.map(({ state }) => state))).toEqual(new Set(['paused', 'complete']));
  });

  it('interrupted anywhere, by killing and torn lines, goes on as if it had not been', async () => {
    const lost: number[] = [];
    for (const pruner of [wholeTrials, halves]) {
      const whole = await finished(pruner, { trials: 8 });
      for (let seed = 1; seed <= (FULL ? 12 : 3); seed++) {
        const rng = new Rng(seed);
        let study = newStudy({ trials: 8 });
        for (let deaths = 0; deaths < 4; deaths++) {
          let left = Math.floor(rng.uniform(0, 4));
          const dying: TrialRunner = {
            run: async (order) => {
              const [written] = Study.open(study.path).trials.filter(({ number }) => number === order.number);
              if (written?.state !== 'running') lost.push(order.number);
              if (left-- > 0) return fakeRecord(order);
              die(study, order.number);
              throw new Error('killed');
            },
          };
          await runStudy(study, advisers(pruner), dying, hooks()).catch(() => undefined);
          // Sometimes in the middle of writing its last line.
          if (rng.uniform(0, 1) < 0.5) {
            const text = readFileSync(journalOf(study));
            const line = text.length - text.lastIndexOf(10, text.length - 2) - 1;
            truncateSync(journalOf(study), text.length - Math.ceil(rng.uniform(0, line)));
          }
          study = Study.open(study.path);
        }
        await runStudy(study, advisers(pruner), fakeRunner, hooks());
        expect(facts(study)).toEqual(facts(whole));
      }
    }
    expect(lost, 'trials whose beginning was not written').toEqual([]);
  });

  it('gives no two takers the same trial', async () => {
    const study = newStudy({ trials: 30 });
    const begun: number[] = [];
    const slow: TrialRunner = {
      run: async (order) => {
        begun.push(order.number);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
        return fakeRecord(order);
      },
    };
    await Promise.all([1, 2, 3, 4].map(() => runStudy(Study.open(study.path), advisers(), slow, hooks())));
    expect(begun.sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(study.trials.every(({ state }) => state === 'complete')).toBe(true);
  });

  it('waits for trials that others run, and takes over those that they leave', async () => {
    const study = newStudy({ trials: 1 });
    const first = await taken(study);
    expect(study.workerOf(1)).toMatchObject(thisProcess());
    expect(await study.take(advisers())).toBe('wait');
    first.giveBack();
    const again = await taken(study);
    expect(again.order).toEqual(first.order);
    die(study, 1); // and another process has it now
    await expect(again.finish(fakeRecord(again.order))).rejects.toThrow(
      'another process has taken over this trial',
    );
    const last = await taken(study);
    await last.finish(fakeRecord(last.order));
    expect(await study.take(advisers())).toBeUndefined();
    expect(study.trials).toMatchObject([{ number: 1, state: 'complete' }]);
  });

  it('records failures and goes on; an error of all trials ends it, and can be repeated', async () => {
    const study = newStudy();
    const failing: TrialRunner = {
      run: async (order) => {
        const record = fakeRecord(order);
        if (order.number === 3) throw new FerError('no data', 4);
        return order.number === 2
          ? { ...record, state: 'failed', error: 'it diverged', metric: null }
          : record;
      },
    };
    await expect(runStudy(study, advisers(), failing, hooks())).rejects.toThrow('no data');
    expect(study.trials).toMatchObject([
      { state: 'complete' },
      { state: 'failed', error: 'it diverged' },
      { state: 'running' },
    ]);
    await runStudy(study, advisers(), fakeRunner, hooks());
    expect(study.trials.map(({ state }) => state)).toEqual(['complete', 'failed', 'complete', 'complete']);
  });

  it('stops between two trials', async () => {
    const study = newStudy();
    const control = new Control();
    const seen: string[] = [];
    await runStudy(study, advisers(), fakeRunner, {
      ...hooks({ control }),
      onBegin: ({ number }) => seen.push(`begin ${number}`),
      onEnd: ({ number }: TrialRecord) => {
        seen.push(`end ${number}`);
        if (number === 2) control.stop('sigint');
      },
    });
    expect(seen).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2']);
  });
});

/** A study whose trials have all failed so, before their first epoch. */
async function failedStudy(exits: readonly number[], epochs = 0): Promise<Study> {
  const study = newStudy({ trials: exits.length });
  const failing: TrialRunner = {
    run: async (order) => {
      const exit = exits[order.number - 1] ?? 0;
      const failure = { state: 'failed', error: `bad ${order.number}`, exit, epochs } as const;
      return exit === 0 ? fakeRecord(order) : { ...fakeRecord(order), ...failure };
    },
  };
  await runStudy(study, advisers(), failing, hooks());
  return study;
}

describe('a study in which every trial failed', () => {
  it('has the error and the exit code of the first one', async () => {
    const study = await failedStudy([6, 2]);
    const wanted = { message: 'no trial succeeded; trial 1 failed: bad 1', exitCode: 6 };
    expect(() => study.checkSuccess()).toThrow(expect.objectContaining(wanted));
    (await failedStudy([6, 0])).checkSuccess();
    newStudy().checkSuccess(); // none has begun
  });

  it.each([
    ['is removed where all had wrong settings', [2, 2], 0, false],
    ['stays where one failed in another way', [2, 1], 0, true],
    ['stays where one was trained', [2, 2], 1, true],
    ['stays where one succeeded', [2, 0], 0, true],
  ])('%s', async (_, exits, epochs, stays) => {
    const study = await failedStudy(exits, epochs);
    await study.removeIfUnused();
    expect(existsSync(study.path)).toBe(stays);
    expect(readdirSync(join(study.path, '..'))).toEqual(stays ? ['s'] : []);
  });
});

describe('an unused study that is removed', () => {
  it('leaves a folder that was there before it, with nothing of the study in it', async () => {
    const path = join(newFolder(), 'own');
    mkdirSync(path);
    const { ino } = statSync(path);
    const study = Study.create(path, settings());
    ((await study.take(advisers())) as TakenStep).giveBack();
    await study.removeIfUnused();
    expect(readdirSync(path)).toEqual([]);
    expect(statSync(path).ino).toBe(ino);
    await expect(study.take(advisers())).rejects.toThrow('there is no study any more');
  });

  it('never goes from under another process that has begun a trial of it', async () => {
    const folder = newFolder();
    const rounds = 40;
    const taker = spawn(process.execPath, [TAKER, folder, String(rounds)], { stdio: 'inherit' });
    const ended = new Promise((resolve) => taker.on('exit', resolve));
    const results: string[] = [];
    for (let i = 0; i < rounds; i++) {
      const study = Study.create(join(folder, String(i)), settings());
      writeFileSync(join(folder, `${i}.ready`), '');
      await wait((i % 8) / 2);
      await study.removeIfUnused();
      const said = join(folder, `${i}.taken`);
      await eventually(() => expect(readFileSync(said, 'utf8')).not.toBe(''));
      const result = readFileSync(said, 'utf8');
      expect(existsSync(study.path), result).toBe(result === 'taken');
      results.push(result);
    }
    writeFileSync(join(folder, 'done'), '');
    expect(await ended).toBe(0);
    const errors = results.filter((result) => result !== 'taken');
    for (const error of errors)
      expect(error).toMatch(/^RunError: .*(no such folder any more|no study any more|no study there)/);
    expect(readdirSync(folder).filter((name) => name.includes('removed'))).toEqual([]);
    // Both orders have happened, or the test has tried nothing.
    expect([errors.length > 0, errors.length < rounds], results.join()).toEqual([true, true]);
  });
});

describe('one trial of a study', () => {
  it('is taken to its end by its number, in any order', async () => {
    const study = newStudy();
    for (const number of [3, 1]) {
      const step = await study.takeTrial(number, sampler);
      await step?.finish(fakeRecord(step.order));
      expect(await study.takeTrial(number, sampler)).toBeUndefined();
    }
    await runStudy(study, advisers(), fakeRunner, hooks());
    expect(study.trials.map(({ number, state }) => [number, state])).toEqual(
      [1, 2, 3, 4].map((n) => [n, 'complete']),
    );
  });

  it('that was paused goes on; one that is running or is none does not', async () => {
    const study = newStudy();
    const first = await taken(study, halves);
    expect(first.order.until).toBe(1);
    await expect(study.takeTrial(1, sampler)).rejects.toThrow(`process ${process.pid} is working on trial 1`);
    await first.finish(fakeRecord(first.order));
    expect((await study.takeTrial(1, sampler))?.order.until).toBe(4);
    await expect(study.takeTrial(5, sampler)).rejects.toThrow('there is no trial 5; expected 1 to 4');
  });
});

describe('the folder of a study', () => {
  it('has a name of its own, also when several processes create studies at once', async () => {
    const options = { cwd: newFolder(), maxBuffer: 1e6 };
    const made = await Promise.all(
      [1, 2, 3].map(() => promisify(execFile)(process.execPath, [MAKER, '60'], options)),
    );
    const paths = made.flatMap(({ stdout }) => stdout.trim().split('\n'));
    expect(new Set(paths)).toEqual(
      new Set(Array.from({ length: 180 }, (_, i) => join('studies', `s${i + 1}`))),
    );
  });
});
