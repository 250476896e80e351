import { expect, it } from 'vitest';
import { compareRuns } from '../../src/cli/commands/runs.js';
import { fakeEvents } from '../helpers/events.js';
import { printed } from '../helpers/printed.js';
import { runsFolder, writeRun } from '../helpers/run_folders.js';

/** What is printed of two runs, the second with these losses in each epoch. */
async function compared(train: number, val: number | undefined): Promise<string> {
  const folder = runsFolder();
  writeRun(folder, 'a');
  const events = fakeEvents().map((event) =>
    event.type === 'epoch'
      ? {
          ...event,
          train: { ...event.train, loss: train },
          val: event.val && val !== undefined ? { ...event.val, loss: val } : undefined,
        }
      : event,
  );
  writeRun(folder, 'b', { events: JSON.parse(JSON.stringify(events)) });
  const globals = { json: false, quiet: false, color: 'never' } as const;
  return printed(() => compareRuns({ names: ['a', 'b'], folder, ...globals }));
}

it('runs compare draws the losses of validation, and those of training where there is none', async () => {
  const text = await compared(1, 40);
  expect(text).toContain('validation loss');
  expect(await compared(2, 40)).toBe(text);
  expect(await compared(1, 50)).not.toBe(text);
  expect(await compared(1, undefined)).not.toBe(await compared(2, undefined));
});
