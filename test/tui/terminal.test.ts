import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Terminal } from '../../scripts/terminal.mjs';
import { Journal } from '../../src/study/journal.js';
import { Study } from '../../src/study/study.js';
import { giveCommand } from '../../src/train/command_file.js';
import { parseHolder } from '../../src/util/processes.js';
import { CLI } from '../helpers/cli.js';
import { describeGpu } from '../helpers/gpu.js';
import { FULL } from '../helpers/needs.js';
import { fakeTrials, STUDY_SETTINGS } from '../helpers/studies.js';
import { expectRestored, openTerminal } from '../helpers/terminal.js';

/** Types a setting of the form. */
async function set(t: Terminal, name: string, value: string): Promise<void> {
  t.press('enter');
  await t.waitFor(`─ ${name} ─`);
  t.press(value, 'enter'); // in place of the value there
  await t.waitFor(new RegExp(`▸\\*${name} +${value}`));
}

/** The full tests try each at both sizes. */
const SIZES: readonly (readonly [number, number])[] = FULL
  ? [
      [100, 30],
      [60, 20],
    ]
  : [[60, 20]];

describe('the colours in a real terminal', () => {
  it.each(
    SIZES,
  )('at %i x %i, follow its background, whose answer types nothing, and a choice is remembered', async (cols, rows) => {
    const state = mkdtempSync(join(tmpdir(), 'fer-tui-state-'));
    const env = { XDG_STATE_HOME: state };
    const { t, cwd } = openTerminal('', { cols, rows, env });
    await t.waitFor('Train a new model');
    expect(t.raw).toContain('\x1b]11;?\x1b\\');
    t.press('\x1b]11;rgb:ffff/ffff/ffff\x1b\\');
    await expect.poll(() => t.raw).toContain('38;2;0;95;135m'); // of the light theme
    t.press('\x14');
    await t.waitFor('─ colours ─');
    t.press('dark', 'enter');
    await expect.poll(() => t.raw).toContain('38;2;86;212;221m');
    t.press('q');
    await expectRestored(t, cwd, 0);
    const again = openTerminal('', { cols, rows, env });
    await again.t.waitFor('Train a new model');
    expect(again.t.raw).toContain('38;2;86;212;221m');
    again.t.press('\x1b]11;rgb:ffff/ffff/ffff\x07', 'q');
    await expectRestored(again.t, again.cwd, 0);
    expect(again.t.raw).not.toContain('38;2;0;95;135m');
    const plain = openTerminal('', { cols, rows, env: { ...env, NO_COLOR: '1' } });
    await plain.t.waitFor('Train a new model');
    expect(plain.t.raw).not.toContain('\x1b]11');
    plain.t.press('q');
    await expectRestored(plain.t, plain.cwd, 0);
  });
});

describeGpu('in a real terminal', () => {
  it.each(
    SIZES,
  )('at %i x %i, detaches a training, which attach steers and stops from another terminal', async (cols, rows) => {
    const { t, cwd } = openTerminal(
      'train --data synthetic:70 --model fer-shallow --log-every 1 --epochs 500',
      {
        ...{ cols, rows },
      },
    );
    await t.waitFor(/TRAINING(?! ELSEWHERE)/);
    await t.waitFor('img/s');
    t.press('q');
    await t.waitFor('d  detach: training continues in the background');
    t.press('d');
    await t.waitFor('r1 continues in the background');
    await expectRestored(t, cwd, 0);
    expect(t.text()).toContain('to come back: fer-tui attach runs/r1');

    const back = new Terminal(process.execPath, [CLI, 'attach', 'runs/r1'], { cwd, cols, rows });
    onTestFinished(() => back.kill());
    await back.waitFor('TRAINING ELSE');
    back.press('space');
    await back.waitFor(/paused at step \d+/);
    await back.waitFor('PAUSED');
    back.press('[');
    await back.waitFor('5.0e-4');
    back.press('space');
    // On a fast machine, later epochs soon push this line off the screen.
    const log = (): string => readFileSync(join(cwd, 'runs/r1/events.ndjson'), 'utf8');
    await expect.poll(log).toContain('continued after');
    await back.waitFor('TRAINING ELSE');
    back.press('x');
    await back.waitFor('stop now');
    back.press('s');
    await back.waitFor('STOPPED');
    await expect.poll(() => existsSync(join(cwd, 'runs/r1/lock'))).toBe(false);
    expect(readdirSync(join(cwd, 'runs/r1'))).not.toContain('commands.ndjson');
    const events = log();
    expect(events).toContain('-> 0.0005, by hand');
    expect(events).toMatch(/"type":"step",[^\n]*"gradientNorm":\d/);
    expect(events).toContain('"status":"stopped","exit":0');
    back.press('q');
  });

  it('a training that ends while q asks what to do with it is not told as going on in the background', async () => {
    const { t, cwd } = openTerminal(
      'train --data synthetic:70 --model fer-shallow --log-every 1 --epochs 500',
    );
    await t.waitFor('img/s');
    t.press('q');
    await t.waitFor('d  detach: training continues in the background');
    giveCommand(join(cwd, 'runs/r1'), { type: 'stop', after: 'batch' });
    await t.waitFor('STOPPED');
    t.press('d');
    await expectRestored(t, cwd, 0);
    expect(t.text()).toMatch(/r1 {2}stopped (after|at)/);
    expect(t.text()).not.toContain('r1 continues');
  });

  it('trains from Home: pause, step, rate, stop, resume, a killed engine, quit', async () => {
    const { t, cwd } = openTerminal('');
    await t.waitFor('Train a new model');
    expect(t.alternate).toBe(true);
    t.press('t', 'down');
    await set(t, 'data', 'synthetic:140');
    t.press('down', 'right');
    await t.waitFor('fer-shallow');
    t.press('/');
    await t.waitFor('find a setting');
    t.press('log-every', 'enter');
    await t.waitFor(/▸ *log-every/);
    await set(t, 'log-every', '1');
    t.press('s');
    await t.waitFor('Enter starts training');
    t.press('enter');
    await t.waitFor(/TRAINING ep \d+\/50/);
    await t.waitFor('img/s');

    t.press('space');
    await t.waitFor('PAUSED');
    const step = (): number => Number(/step (\d+) ·/.exec(t.text())?.[1] ?? Number.NaN);
    await t.waitFor(/paused at step \d+/);
    const paused = step();
    t.press('s');
    await expect.poll(step).toBe(paused + 1);
    t.press('[', '[', '[');
    await t.waitFor(/-> 0.000125/);
    await t.waitFor(/lr 1\.[23]e-4/); // still paused: no step has had it
    t.press('v');
    await t.waitFor('validated:');
    t.press('S');
    await t.waitFor(/checkpoint of step \d+ saved/);
    const taken = step();
    t.press('t');
    await t.waitFor(`─ step ${taken + 1}, seed 7 ─`);
    await t.waitFor('28 faces of drawn faces');
    t.press('4');
    await t.waitFor('PAUSED');
    t.press('space');
    await t.waitFor('TRAINING');

    t.press('x');
    await t.waitFor('stop training?');
    t.press('s');
    await t.waitFor('STOPPED');
    t.press('1');
    await t.waitFor(/r1 +fer-shallow +stopped/);
    t.press('6');
    await t.waitFor(/runs · latest first[\s\S]*r1 +fer-shallow.* stopped/);

    t.press('R');
    await t.waitFor(/resumed at step \d+/);
    await t.waitFor('TRAINING');
    const holder = parseHolder(readFileSync(join(cwd, 'runs/r1/lock'), 'utf8'));
    process.kill(holder?.pid ?? Number.NaN, 'SIGKILL');
    await t.waitFor('It ended with SIGKILL');
    t.press('R');
    await t.waitFor(/TRAINING ep/);

    t.press('q');
    await t.waitFor('quit while training?');
    t.press('q');
    await expectRestored(t, cwd, 0);
    expect(existsSync(join(cwd, 'runs/r1/lock'))).toBe(false);
    expect(readdirSync(join(cwd, 'runs/r1'))).toContain('checkpoint.safetensors');
    const events = readFileSync(join(cwd, 'runs/r1/events.ndjson'), 'utf8').trimEnd().split('\n');
    expect(events.join('\n')).toContain('"type":"validation"');
    for (const kind of ['pause', 'continue', 'lr', 'checkpoint', 'resume']) {
      expect(events.join('\n'), kind).toContain(`"kind":"${kind}"`);
    }
  });

  it('^C while training saves, restores the terminal and exits with 130', async () => {
    const { t, cwd } = openTerminal(
      'train --data synthetic:70 --model fer-shallow --log-every 1 --epochs 500',
    );
    await t.waitFor(/TRAINING ep/);
    t.press('ctrl+c');
    await expectRestored(t, cwd, 130);
    expect(t.text()).toContain('fer-tui train --resume runs/r1');
  });

  it('shows faces and filters in true colour, and the kernels of a layer', async () => {
    const { t, cwd } = openTerminal('tui data');
    await t.waitFor('#0 train · Angry');
    await t.waitFor('▀'.repeat(48));
    expect(t.raw).toMatch(/\[38;2;(\d+);\1;\1;48;2;(\d+);\2;\2m▀/);
    t.press('right');
    await t.waitFor('#1 train · Disgust');
    t.press('3');
    await t.waitFor('541,191 parameters');
    t.press('enter');
    await t.waitFor('32 filters');
    await t.waitFor('▀▀▀▀▀▀ ▀▀▀▀▀▀');
    t.press('escape', 'w');
    await t.waitFor(/shaders\/conv2d\w*\.wgsl/);
    t.press('q');
    await expectRestored(t, cwd, 0);
  });

  it('takes a terminal that reports 0 x 0 for one of 80 x 24', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'fer-tui-zero-'));
    const line = `stty rows 0 cols 0; exec "${process.execPath}" "${CLI}" tui home`;
    const t = new Terminal('bash', ['-c', line], { cwd, cols: 80, rows: 24 });
    onTestFinished(() => t.kill());
    await t.waitFor('Train a new model');
    await t.waitFor('q quit');
    expect(t.lines()[23]).toContain('q quit');
    t.press('q');
    expect(await t.exited).toBe(0);
  });

  it('--accessible: numbered questions and plain lines, nothing repainted', async () => {
    const { t, cwd } = openTerminal('--accessible', { cols: 120 });
    const answer = async (question: string, text: string): Promise<void> => {
      await t.waitFor(new RegExp(`${question}[^\\n]*:\\s*$`));
      t.press(text, 'enter');
    };
    await answer('number', '99');
    await t.waitFor('not understood: 99; type one of the numbers');
    await answer('number', '1');
    await answer('data, ', 'synthetic:140');
    await answer('model, ', 'fer-shallow');
    await answer('epochs, ', '500');
    await answer('batch, ', '');
    await answer('lr, ', 'fast');
    await t.waitFor(/lr = "fast".*expected/);
    await answer('lr, ', '');
    await t.waitFor('type p to pause, c to continue, s to stop');
    await t.waitFor(/epoch +\d+\/500/);
    t.press('p', 'enter');
    await t.waitFor(/paused at step \d+/);
    t.press('c', 'enter');
    await t.waitFor(/continued after \d+ s/);
    t.press('faster', 'enter');
    await t.waitFor('not understood: faster; try ?');
    t.press('l 0.0005', 'enter');
    await t.waitFor(/learning rate.* 0\.0005|lr.*0\.0005/);
    t.press('d', 'enter');
    await t.waitFor(/the training continues in the background; to come back: fer-tui attach .*r1/);
    await answer('number', '9');
    await answer('run, its name or folder \\[r1\\]', '');
    await t.waitFor('following the run; type p to pause');
    t.press('slower', 'enter');
    await t.waitFor('not understood: slower; try ?');
    t.press('p', 'enter');
    await t.waitFor(/following[\s\S]*paused at step \d+/);
    t.press('s', 'enter');
    await t.waitFor('training ended: stopped');
    await answer('number', '10');
    await t.waitFor(/--help lists all\s+fer-tui\s*$/);
    t.press('runs compare "r1" r2', 'enter');
    await t.waitFor(/no run "r2"; there are: r1\s+the command ended with exit code 5/);
    await answer('number', '6');
    await answer('data set', 'synthetic:140');
    await t.waitFor(/train: \d+ images: Angry \d+/);
    await answer('number', '7');
    await t.waitFor(/\d+ .*r1/);
    await answer('network', 'runs/r1/last.safetensors');
    await answer('data set', 'synthetic:140');
    await t.waitFor(/accuracy on test: \d+\.\d %/);
    await t.waitFor(/recall of Surprise: \d+\.\d %/);
    await t.waitFor(/2 resume a run, or extend one that has ended; r1 is stopped after \d+ of 500 epochs/);
    await answer('number', '3');
    await t.waitFor(/r1: fer-shallow, stopped after \d+ of 500 epochs.*, best/);
    await answer('number', '5');
    await t.waitFor('no studies here yet');
    const { path } = Study.create(join(cwd, 'studies', 's1'), STUDY_SETTINGS);
    const journal = new Journal(path);
    for (const trial of fakeTrials(4))
      journal.append({ ...trial, run: join(path, 'trials', `t${trial.number}`) });
    await answer('number', '5');
    await t.waitFor(/s1: 4 of 30 trials, 1 interrupted.*, best val_acc \d+\.\d\d % in trial \d/);
    await answer('number', '0');
    await expectRestored(t, cwd, 0);
    expect(t.raw).not.toContain('\x1b[?1049h');
  });
});
