import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { logPath, openLog, removeOldLogs } from '../../src/engine/old_logs.js';

it('removes the logs of processes that are gone, after a week', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fer-tui-logs-'));
  const gone = spawnSync(process.execPath, ['--version']).pid;
  const longAgo = new Date(Date.now() - 8 * 86_400_000);
  const write = (path: string): void => {
    writeFileSync(path, 'a line');
    utimesSync(path, longAgo, longAgo);
  };
  for (const pid of [gone, process.pid]) write(logPath(folder, pid));
  write(join(folder, 'tuning.json'));
  removeOldLogs(folder, longAgo.getTime() + 6 * 86_400_000);
  expect(readdirSync(folder)).toHaveLength(3);
  removeOldLogs(folder);
  expect(readdirSync(folder).sort()).toEqual([`engine-${process.pid}.log`, 'tuning.json'].sort());
});

it('opens a log in the first folder that can be written, or none', () => {
  const [file, folder] = [
    join(mkdtempSync(join(tmpdir(), 'fer-tui-logs-')), 'file'),
    mkdtempSync(join(tmpdir(), 'fer-tui-logs-')),
  ];
  writeFileSync(file, '');
  const unusable = join(file, 'cache'); // no folder can be made in a file, not even by root
  const { path, output } = openLog([unusable, join(folder, 'cache')], 7);
  expect(path).toBe(join(folder, 'cache', 'engine-7.log'));
  expect(existsSync(path)).toBe(true);
  closeSync(output as number);
  expect(openLog([unusable], 7)).toEqual({
    path: `none, because ${unusable} cannot be written`,
    output: 'ignore',
  });
});
