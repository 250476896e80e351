import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { logPath, removeOldLogs } from '../../src/engine/old_logs.js';

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
