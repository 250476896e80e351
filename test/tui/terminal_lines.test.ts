import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { expectRestored, openTerminal } from '../helpers/terminal.js';

const SIZES = [
  { cols: 100, rows: 30 },
  { cols: 60, rows: 20 },
];

it.each(SIZES)('edits, completes and pastes a long path at $cols x $rows', async (size) => {
  const folder = mkdtempSync(join(tmpdir(), 'fer-tui-a-folder-with-a-long-name-'));
  writeFileSync(join(folder, 'faces-of-people-who-agreed.csv'), '');
  const { t, cwd } = openTerminal('tui train', size);
  await t.waitFor('Start training');
  t.press('down', 'enter');
  await t.waitFor('─ data ─');
  t.press(`${folder}/fac`, 'tab');
  await t.waitFor('who-agreed.csv');
  t.press('ctrl+a', 'x', 'home', 'delete', 'end', 'ctrl+w', 'csv', 'enter');
  await t.waitFor(/\*data +\/\S/);
  t.press('enter');
  await t.waitFor('─ data ─');
  t.press('\x1b[200~synthetic:140\n\x1b[201~');
  await t.waitFor('> synthetic:140');
  t.press('enter');
  await t.waitFor(/\*data +synthetic:140/);
  t.press('y');
  await t.waitFor('data, for the clipboard: synthetic:140');
  expect(t.raw).toContain(`\x1b]52;c;${Buffer.from('synthetic:140').toString('base64')}\x07`);
  t.press('q', 'q'); // on a setting, the first asks
  await expectRestored(t, cwd, 0);
  expect(t.raw).toContain('\x1b[?2004l');
  expect(t.raw).toContain('\x1b[?1006l\x1b[?1000l');
});

it('takes clicks, unless --no-mouse', async () => {
  const { t, cwd } = openTerminal('');
  await t.waitFor('Train a new model');
  expect(t.raw).toContain('\x1b[?1000h\x1b[?1006h');
  const tabs = t.lines()[1] ?? '';
  t.press(`\x1b[<0;${tabs.indexOf('Train') + 1};2M\x1b[<0;${tabs.indexOf('Train') + 1};2m`);
  await t.waitFor('Start training');
  t.press('q');
  await expectRestored(t, cwd, 0);
  const other = openTerminal('tui train --no-mouse');
  await other.t.waitFor('Start training');
  expect(other.t.raw).not.toContain('\x1b[?1000h');
  other.t.press('q');
  await expectRestored(other.t, other.cwd, 0);
});

it('remembers the settings and the texts for the next start', async () => {
  const state = mkdtempSync(join(tmpdir(), 'fer-tui-state-'));
  const env = { XDG_STATE_HOME: state };
  const first = openTerminal('tui train', { env });
  await first.t.waitFor('Start training');
  first.t.press('down', 'enter', 'synthetic:140', 'enter');
  await first.t.waitFor(/\*data +synthetic:140/);
  first.t.press('q', 'q');
  await expectRestored(first.t, first.cwd, 0);
  const { t, cwd } = openTerminal('', { env });
  await t.waitFor(/Data +synthetic:140/);
  t.press('F');
  await t.waitFor('forget what was opened');
  t.press('f');
  await t.waitFor(/Data +drawn faces/);
  t.press('q');
  await expectRestored(t, cwd, 0);
});
