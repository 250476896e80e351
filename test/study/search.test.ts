import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Study } from '../../src/study/study.js';
import { Rng } from '../../src/util/random.js';
import { runCli } from '../helpers/cli.js';
import { describeGpu } from '../helpers/gpu.js';
import { childrenOf, eventsOf, found, newOut, searching, watched } from './searches.js';

/** Searches by the program: real processes, real trainings on a few drawn faces. */

describeGpu('a search', () => {
  it('killed at random moments goes on, and finds what one that was not killed finds', async () => {
    const whole = newOut();
    const { code, stdout, stderr } = await runCli(searching(whole));
    expect([code, stdout]).toEqual([0, expect.stringContaining('3 of 3 trials: 3 complete')]);
    expect(stderr).toContain('trial 3  val_acc');

    const out = newOut();
    const rng = new Rng(Number(process.env['FER_TEST_SEED'] ?? 1));
    for (let kills = 0; kills < 3; kills++) {
      const args = existsSync(join(out, 'study.yaml')) ? ['search', '--resume', out] : searching(out);
      const events = eventsOf(out) + rng.uniform(0, 8);
      let due: number | undefined;
      await watched(args, (child) => {
        if (due === undefined && eventsOf(out) >= events) due = performance.now() + rng.uniform(0, 300);
        if (due !== undefined && performance.now() > due) child.kill('SIGKILL');
      });
    }
    expect((await runCli(['search', '--resume', out])).code).toBe(0);
    expect(found(out)).toEqual(found(whole));
  });

  it('records a trial whose process is killed as failed, and goes on', async () => {
    const out = newOut();
    let killed = 0;
    const end = await watched(searching(out, '--epochs', '3'), (child) => {
      const [worker] = childrenOf(child);
      if (killed > 0 || worker === undefined || eventsOf(out) === 0) return;
      process.kill(worker, 'SIGKILL');
      killed++;
    });
    expect([end, killed]).toEqual([0, 1]);
    const trials = Study.open(out).trials;
    expect(trials.map(({ state }) => state)).toEqual(['failed', 'complete', 'complete']);
    expect(trials[0]?.error).toBe('the process that trained it ended (SIGKILL: out of memory, or by hand)');
  });

  it('is shared by two processes, and stopped by a signal', async () => {
    const out = newOut();
    expect((await runCli(searching(out, '--trials', '5', '--prepare'))).stdout).toContain(
      '5 trials; run each',
    );
    expect(Study.open(out).trials).toEqual([]);
    const first = await watched(['search', '--resume', out, '--json'], (child) => {
      if (eventsOf(out) > 0) child.kill('SIGTERM');
    });
    // A second signal ends it at once, by that signal; shells tell both as 143.
    expect(['SIGTERM', 143]).toContain(first);
    expect(Study.open(out).trials.at(-1)?.state).toBe('running');

    const both = await Promise.all([1, 2].map(() => runCli(['search', '--resume', out, '--json'])));
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const ended = both.map(({ stdout }) =>
      stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
        .filter(({ type }) => type === 'trial'),
    );
    expect(ended.every((trials) => trials.length > 0)).toBe(true);
    expect(
      ended
        .flat()
        .map(({ number }) => number)
        .sort(),
    ).toEqual([1, 2, 3, 4, 5]);
    expect(found(out).map(({ state }) => state)).toEqual(new Array(5).fill('complete'));
  });

  it('is a study whose trials can be run one by one', async () => {
    const out = newOut();
    await runCli(searching(out, '--prepare', '--trials', '2'));
    expect((await runCli(['trial', out, '2'])).code).toBe(0);
    expect(Study.open(out).trials.map(({ number }) => number)).toEqual([2]);
    const again = await runCli(['trial', out, '2']);
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('1 of 2 trials: 1 complete')]);
    const none = await runCli(['trial', out, '3']);
    expect([none.code, none.stderr]).toEqual([
      5,
      expect.stringContaining('there is no trial 3; expected 1 to 2'),
    ]);
    const shown = await runCli(['studies', 'show', out, '--csv']);
    expect(shown.stdout).toMatch(
      /^trial,state,val_acc,lr,l2,epochs,seconds,run,error\n2,complete,0\.\d+,[\d.e-]+,[\d.]+,2,/,
    );
  });
});

it('a wrong search says what is wrong, and makes no folder', async () => {
  const out = newOut();
  const { code, stderr } = await runCli(searching(out, '--lr', '0.1'));
  expect([code, stderr]).toEqual([2, expect.stringContaining('lr: it differs from trial to trial')]);
  expect(existsSync(out)).toBe(false);
  const resumed = await runCli(['search', '--resume', out, '--lr', '1']);
  expect([resumed.code, resumed.stderr]).toEqual([2, expect.stringContaining('--lr: a resumed study keeps')]);
});
