import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CommandFile, giveCommand } from '../../src/train/command_file.js';
import { Control } from '../../src/train/control.js';
import { type Steering, steer, steeringOf } from '../../src/train/steering.js';
import { Hold } from '../../src/util/hold.js';
import { thisProcess } from '../../src/util/processes.js';
import { need } from '../helpers/needs.js';
import { eventually } from '../helpers/patience.js';

let run = '';
let file = '';
let hold: Hold;
let open: CommandFile | undefined;
const taken: Steering[] = [];
const take = (command: Steering): void => void taken.push(command);
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'fer-tui-commands-'));
  file = join(run, 'commands.ndjson');
  hold = new Hold(join(run, 'lock'));
  taken.length = 0;
});
afterEach(() => {
  open?.close();
  open = undefined;
  hold.release();
  rmSync(run, { recursive: true });
});

it('carries commands of others out, one after the other, and goes away in the end', async () => {
  open = new CommandFile(run, take);
  const given: Steering[] = [{ type: 'pause' }, { type: 'lr', lr: 0.5 }, { type: 'stop', after: 'epoch' }];
  for (const command of given) giveCommand(run, command);
  await eventually(() => expect(taken).toEqual(given));
  giveCommand(run, { type: 'step' });
  await eventually(() => expect(taken).toEqual([...given, { type: 'step' }]));
  open.close();
  open = undefined;
  expect(existsSync(file)).toBe(false);
  expect(() => giveCommand(run, { type: 'pause' })).toThrow(
    `no commands are taken: process ${process.pid}, which trains ${run}, is still loading`,
  );
});

it('of a trial takes what does not change how it ends, and says so of the rest', async () => {
  open = new CommandFile(run, take, 'harmless');
  const harmless: Steering[] = [
    { type: 'pause' },
    { type: 'step' },
    { type: 'checkpoint' },
    { type: 'continue' },
  ];
  for (const command of harmless) giveCommand(run, command);
  const others: Steering[] = [
    { type: 'lr', lr: 0.5 },
    { type: 'stop', after: 'batch' },
    { type: 'validate' },
  ];
  for (const command of others)
    expect(() => giveCommand(run, command)).toThrow(
      'a trial of a search or cross-validation can be paused and saved, but not changed',
    );
  const { to } = JSON.parse(readFileSync(file, 'utf8').split('\n')[0] ?? '') as { to: string };
  appendFileSync(file, `${JSON.stringify({ to, command: others[1] })}\n`); // by another program
  giveCommand(run, { type: 'pause' });
  await eventually(() => expect(taken).toEqual([...harmless, { type: 'pause' }]));
});

it(
  'can be written by its owner alone',
  need(process.platform !== 'win32', 'Windows has no file modes'),
  () => {
    open = new CommandFile(run, take);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  },
);

it('takes nothing that was meant for an earlier session, that is no command, or whose line has no end', async () => {
  const old = new CommandFile(run, take);
  const { to } = JSON.parse(readFileSync(file, 'utf8')) as { to: string };
  old.close();
  open = new CommandFile(run, take);
  const own = (JSON.parse(readFileSync(file, 'utf8')) as { to: string }).to;
  const line = (name: string, command: unknown): string => `${JSON.stringify({ to: name, command })}\n`;
  const pause = { type: 'pause' };
  appendFileSync(file, `${line(to, pause)}nonsense\n${JSON.stringify(pause)}\n${line(own, { type: 'rm' })}`);
  appendFileSync(file, line(own, { type: 'lr', lr: 1e9 }));
  appendFileSync(file, 'x'.repeat(200_000)); // longer than any command
  appendFileSync(file, `\n${line(own, { type: 'step' })}${line(own, pause).trim()}`);
  await eventually(() => expect(taken).toEqual([{ type: 'step' }]));
  appendFileSync(file, '\n');
  await eventually(() => expect(taken).toEqual([{ type: 'step' }, pause]));
});

it('replaces what a crash has left, and a link, which it does not follow', () => {
  const other = join(run, 'other');
  writeFileSync(other, 'precious');
  symlinkSync(other, file);
  expect(() => giveCommand(run, { type: 'pause' })).toThrow('no commands are taken');
  open = new CommandFile(run, take);
  expect(readFileSync(other, 'utf8')).toBe('precious');
});

it('is not written for a process that is gone, or that another one has taken the place of', () => {
  const { pid, started } = thisProcess();
  writeFileSync(file, `${JSON.stringify({ to: 'x', pid: pid + 1, started })}\n`);
  expect(() => giveCommand(run, { type: 'pause' })).toThrow('no commands are taken');
  hold.release();
  expect(() => giveCommand(run, { type: 'pause' })).toThrow('no process trains there any more');
});

it('reads commands and nothing else', () => {
  const good: Steering[] = [
    ...(['pause', 'continue', 'step', 'checkpoint', 'validate'] as const).map((type) => ({ type })),
    { type: 'lr', lr: 10 },
    { type: 'stop', after: 'batch' },
    { type: 'stop', after: 'epoch' },
  ];
  expect(good.map((command) => steeringOf({ ...command, more: 1 }))).toEqual(good);
  const bad = [
    null,
    'pause',
    {},
    { type: 'kill' },
    { type: 'lr', lr: 0 },
    { type: 'lr', lr: 11 },
    { type: 'lr', lr: '1' },
  ];
  expect([...bad, { type: 'stop' }, { type: 'stop', after: 'now' }].map(steeringOf)).toEqual(
    new Array(bad.length + 2).fill(undefined),
  );
});

it('moves what steers a training', () => {
  const control = new Control();
  const commands: Steering[] = [
    { type: 'step' },
    { type: 'lr', lr: 0.25 },
    { type: 'validate' },
    { type: 'checkpoint' },
  ];
  for (const command of commands) steer(control, command);
  expect([control.paused, control.takeStep(), control.takeRequests()]).toEqual([
    true,
    true,
    [{ lr: 0.25 }, 'validate', 'checkpoint'],
  ]);
  steer(control, { type: 'continue' });
  expect(control.paused).toBe(false);
  steer(control, { type: 'pause' });
  expect(control.paused).toBe(true);
  steer(control, { type: 'stop', after: 'epoch' });
  steer(control, { type: 'stop', after: 'batch' });
  expect([control.paused, control.finishing, control.stopped]).toEqual([false, 'user', 'user']);
});
