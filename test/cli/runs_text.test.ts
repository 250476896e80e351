import { expect, it } from 'vitest';
import { compareRuns, runs, showRun } from '../../src/cli/commands/runs.js';
import { fakeEvents } from '../helpers/events.js';
import { printed } from '../helpers/printed.js';
import { runsFolder, writeRun } from '../helpers/run_folders.js';

const globals = { json: false, quiet: false, color: 'never' } as const;

/** A folder with a finished run, and one that was resumed with another rate and has crashed. */
function folderOfTwo(): string {
  const folder = runsFolder();
  writeRun(folder, 'a');
  const [start, ...rest] = fakeEvents({ epochs: 2 });
  if (start?.type !== 'start') throw new Error('a run begins with its start');
  const begun = { ...start, t: '2026-11-23T11:00:00Z' };
  const resumed = { ...start, t: '2026-11-24T09:30:00Z', changed: { lr: { from: 0.001, to: 0.01 } } };
  const config = { ...start.config, lr: 0.01 };
  writeRun(folder, 'b', { events: [begun, ...rest, { ...resumed, config }] });
  return folder;
}

it('runs lists each run with its best epoch, and how to go on with one that crashed', async () => {
  const folder = folderOfTwo();
  expect((await printed(() => runs({ folder, ...globals }))).replaceAll(folder, 'FOLDER')).toBe(
    `run    model         data  epochs  best (epoch)   time    status           started   adapter
---  -------  -----------  ------  ------------  -----  --------  ----------------  --------
b    fer-cnn  drawn faces     2/5    30.0 % (2)  1 min   crashed  2026-11-23 11:00  llvmpipe
a    fer-cnn  drawn faces     3/5    45.0 % (3)  2 min  finished  2026-11-23 10:00  llvmpipe

to resume a crashed or stopped run: fer-tui train --resume FOLDER/b
`,
  );
});

it('runs show says when the settings of a run were changed, and how far it is', async () => {
  const text = await printed(() => showRun({ name: 'b', folder: folderOfTwo(), ...globals }));
  expect(text.split('\n\n')[0]).toBe(`b: fer-cnn on drawn faces, llvmpipe
changed on 2026-11-24 09:30: lr 0.001 -> 0.01
crashed, 2 of 5 epochs in 1 min, best 30.0 % in epoch 2`);
});

it('runs compare tells the best epochs beside each other, and the settings that differ', async () => {
  const folder = folderOfTwo();
  const text = await printed(() => compareRuns({ names: ['a', 'b'], folder, ...globals }));
  expect(text.split('\n\n').at(-1)).toBe(`                    a       b
-------------  ------  ------
best accuracy  45.0 %  30.0 %
in epoch       3 of 5  2 of 5
time            2 min   1 min
lr              0.001    0.01
`);
});
