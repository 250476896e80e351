import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Engine, News } from '../../src/engine/engine.js';
import type { Command } from '../../src/engine/protocol.js';
import type { StartEvent, TrainEvent } from '../../src/train/events.js';
import { actionsOf } from '../../src/tui/actions.js';
import { follow } from '../../src/tui/live.js';
import { fakeEvents } from '../helpers/events.js';
import { COLOUR, renderAt, SILENT_ENGINE } from '../helpers/render_at.js';

it('offers a run that diverged a tenth of its learning rate, then and later', () => {
  const path = mkdtempSync(join(tmpdir(), 'fer-tui-diverged-'));
  const [start, ...rest] = fakeEvents() as [StartEvent, ...TrainEvent[]];
  const events: TrainEvent[] = [{ ...start, path }, ...rest];
  writeFileSync(join(path, 'events.ndjson'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  const sent: Command[] = [];
  let tell: (news: News) => void = () => undefined;
  const engine: Engine = {
    ...SILENT_ENGINE,
    send: (command) => void sent.push(command),
    listen: (listener) => {
      tell = listener;
      return () => undefined;
    },
  };
  const at = renderAt(100, 30, COLOUR, { screen: 'train', engine });
  follow(actionsOf(at.program, 'train'));
  const diverge: TrainEvent[] = [
    { type: 'error', message: 'training diverged: the loss of step 61 is NaN', exit: 6 },
    { type: 'end', status: 'failed', exit: 6 },
  ];
  for (const event of [...events, ...diverge]) tell({ type: 'train', event });
  at.flush();
  expect(at.text()).toContain('the loss of step 61 is NaN');
  expect(at.text()).toContain('resume with a learning rate of 0.0001');
  at.press('escape');
  at.press('R');
  expect(at.text()).toContain('resume with a learning rate of 0.0001');
  expect(sent).toEqual([]);
  at.press('R');
  expect(sent).toEqual([{ type: 'resume', path, lr: 0.0001 }]);
  for (const event of diverge) tell({ type: 'train', event });
  at.flush();
  expect(at.text()).toContain('resume with a learning rate of 0.00001');
  at.unmount();
});
