import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SCREEN_NAMES } from '../../src/tui/app_state.js';
import { OnScreen } from '../../src/tui/frame/on_screen.js';
import { handleKey } from '../../src/tui/keys.js';
import { Painter } from '../../src/tui/painter.js';
import { plain } from '../../src/tui/text.js';
import { COLOUR, renderAt } from '../helpers/render_at.js';

/** The modules and packages that a module loads before it runs: without types, and without what it imports later. */
function loadedBy(entry: string): string[] {
  const seen = new Set<string>();
  const packages = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(
      /^(?:import|export) (?!type )(?:[^'";]*? from )?'([^']+)'/gm,
    )) {
      if (!name.startsWith('.')) packages.add(name);
      else {
        const stem = join(dirname(path), name).replace(/\.js$/, '');
        visit(existsSync(`${stem}.ts`) ? `${stem}.ts` : `${stem}.tsx`);
      }
    }
  };
  visit(entry);
  return [...seen, ...packages].filter((name) => !name.startsWith('node:'));
}

describe('the start of the terminal UI', () => {
  it('loads neither Ink nor what computes before its first frame', () => {
    const loaded = [
      'src/tui/main.tsx',
      'src/cli/commands/tui.ts',
      'src/cli/commands/train.ts',
      'src/cli/commands/learn.ts',
      'src/cli/commands/webcam.ts',
    ].flatMap(loadedBy);
    expect(loaded).toContain('src/tui/screens/home.ts'); // the test would notice nothing if it found no modules
    const late =
      /^(ink|react.*|webgpu|jpeg-js|h5wasm|src\/(formats\/(hdf5|keras|onnx)|archives|nn\/(layers|ops)|gpu\/kernels|tui\/mount|data\/load|gpu\/device)\b.*)$/;
    expect(loaded.filter((name) => late.test(name))).toEqual([]);
  });

  it.each([
    ...SCREEN_NAMES.flatMap((screen) => [
      { screen, cols: 100, rows: 30 },
      { screen, cols: 60, rows: 20 },
    ]),
    { screen: 'train' as const, cols: 30, rows: 8 },
  ])('draws the same without Ink: $screen at $cols x $rows', ({ screen, cols, rows }) => {
    const at = renderAt(cols, rows, COLOUR, { screen, open: true });
    const { program } = at;
    const painter = new Painter(
      { columns: cols, rows, write: () => true, once: () => undefined },
      { paintPicture: () => [] },
    );
    const first = new OnScreen(program, painter);
    first.begin();
    const lines = (rows: readonly string[]): string[] => rows.map((row) => plain(row).trimEnd());
    const compare = (): void => {
      expect(lines(painter.text).slice(0, rows)).toEqual(lines(at.lines()).slice(0, painter.text.length));
      expect(painter.pictures).toEqual(at.pictures());
    };
    compare();
    handleKey(program, { name: '?', text: '?' });
    at.flush();
    compare();
    handleKey(program, { name: 'escape', text: '' });
    handleKey(program, { name: '2', text: '2' });
    at.flush();
    compare();
    first.end();
    at.unmount();
  });
});
