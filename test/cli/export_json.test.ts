import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { exportModel } from '../../src/cli/commands/export.js';
import { PREPROCESS_FORMULAS } from '../../src/data/preprocess.js';
import { openModel } from '../../src/train/weights.js';

it('export --json says how other programs must preprocess pixels', async () => {
  const file = 'models/fer-shallow.h5';
  const out = join(mkdtempSync(join(tmpdir(), 'fer-tui-export-')), 'x.h5');
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  await exportModel({ file, to: 'h5', out, json: true } as Parameters<typeof exportModel>[0]);
  const text = written.mock.calls.map(([piece]) => String(piece)).join('');
  written.mockRestore();
  const { name } = (await openModel(file)).preprocess;
  expect(JSON.parse(text)).toMatchObject({ preprocess: name, preprocess_formula: PREPROCESS_FORMULAS[name] });
});
