import { expect, it, vi } from 'vitest';
import { compareRuns } from '../../src/cli/commands/runs.js';
import { fakeEvents } from '../helpers/events.js';
import { runsFolder, writeRun } from '../helpers/run_folders.js';

/** What is printed of two runs, the second with these losses in each epoch. */
async function printed(train: number, val: number | undefined): Promise<string> {
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
  const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    await compareRuns({ names: ['a', 'b'], folder, json: false, quiet: false, color: 'never' });
    return out.mock.calls.map(([text]) => String(text)).join('');
  } finally {
    out.mockRestore();
  }
}

it('runs compare draws the losses of validation, and those of training where there is none', async () => {
  const text = await printed(1, 40);
  expect(text).toContain('validation loss');
  expect(await printed(2, 40)).toBe(text);
  expect(await printed(1, 50)).not.toBe(text);
  expect(await printed(1, undefined)).not.toBe(await printed(2, undefined));
});
