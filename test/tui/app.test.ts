import { describe, expect, it, vi } from 'vitest';
import { handleKey } from '../../src/tui/keys.js';
import { FrameStream } from '../../src/tui/mount.js';
import { Painter } from '../../src/tui/painter.js';
import type { AnyScreen } from '../../src/tui/screen_module.js';
import { SCREENS } from '../../src/tui/screens/all.js';
import { eventually } from '../helpers/patience.js';
import { COLOUR, renderAt } from '../helpers/render_at.js';

/** All screens, with Home's panels changed. */
function withHome(change: (home: AnyScreen) => Partial<AnyScreen>) {
  const home = SCREENS.get('home') as AnyScreen;
  return new Map([...SCREENS, ['home', { ...home, ...change(home) }] as const]);
}

describe('the components', () => {
  it('leave Ink alone when only the inside of a panel changes', async () => {
    const draw = vi.spyOn(Painter.prototype, 'draw');
    const at = renderAt(100, 30, COLOUR, { screen: 'home' });
    draw.mockClear();
    handleKey(at.program, { name: 'down', text: '' });
    await eventually(() => expect(at.text()).toContain('▸ Look at the data'));
    expect(draw).not.toHaveBeenCalled();
    at.program.store.set({ note: { text: 'saved', kind: 'good' } });
    await eventually(() => expect(at.lines().at(-2)).toContain('✓ saved'));
    expect(draw).toHaveBeenCalledOnce();
    draw.mockRestore();
    at.unmount();
  });

  it('take the panels of a screen away with it', () => {
    const at = renderAt(100, 30, COLOUR, { screen: 'home' });
    expect(at.text()).toContain('New here?');
    at.press('4');
    expect(at.text()).toContain('Start training');
    expect(at.text()).not.toContain('New here?');
    at.unmount();
  });

  it('lay an overlay over the panels, also over one that is painted later', () => {
    const at = renderAt(80, 24, COLOUR, { screen: 'home' });
    at.press('?');
    const box = at.text();
    expect(box).toContain('Everywhere');
    at.program.store.set({ screens: { home: { selected: 1 } } });
    at.flush();
    expect(at.text()).toContain('Everywhere');
    at.press('escape');
    expect(at.text()).not.toContain('Everywhere');
    at.unmount();
  });

  it('keep pictures off an overlay', () => {
    const picture = { width: 1, height: 1, channels: 1 as const, data: new Uint8Array(1) };
    const screens = withHome(({ panels }) => ({
      panels: panels.map((panel) => ({
        ...panel,
        pictures: () => (panel.id === 'start' ? [{ picture, x: 1, y: 2, cols: 3, rows: 1 }] : []),
      })),
    }));
    const at = renderAt(100, 30, COLOUR, { screens });
    expect(at.pictures()).toEqual([{ picture, x: 3, y: 5, cols: 3, rows: 1 }]);
    at.press('i');
    expect(at.pictures()).toEqual([]);
    at.unmount();
  });

  it('end the program with what a screen threw', async () => {
    const screens = withHome(({ panels }) => ({
      panels: panels.map((panel) => ({
        ...panel,
        lines: () => {
          throw new Error('a broken panel');
        },
      })),
    }));
    const at = renderAt(100, 30, COLOUR, { screens });
    await expect(at.ended).rejects.toThrow('a broken panel');
  });

  it('draw frames, but none of what Ink writes at its end', () => {
    const draw = vi.fn();
    const painter = Object.assign(
      new Painter(
        { columns: 9, rows: 2, write: () => true, once: vi.fn() },
        {
          paintPicture: () => [],
        },
      ),
      { draw },
    );
    const stream = new FrameStream(painter);
    expect([stream.columns, stream.rows]).toEqual([9, 2]);
    for (const text of ['', '\n', '\x1b[?25h', '\x1b[?25l', 'a frame']) stream.write(text);
    expect(draw.mock.calls).toEqual([['a frame']]);
  });
});

describe('the keys', () => {
  const titleOf = (at: ReturnType<typeof renderAt>): string =>
    /▸(Start|This machine|Last runs|New here)/.exec(at.text())?.[1] ?? '';

  it('Tab goes to the next panel, Shift+Tab to the one before, both round', () => {
    const at = renderAt(100, 30, COLOUR);
    const seen = ['tab', 'tab', 'tab', 'tab', 'shift+tab', 'shift+tab', 'tab'].map((key) => {
      at.press(key);
      return titleOf(at);
    });
    const [start, machine, runs, tour] = ['Start', 'This machine', 'Last runs', 'New here'];
    expect(seen).toEqual([machine, runs, tour, start, tour, runs, tour]);
    at.unmount();
  });

  it('+ zooms, _ and Escape go back', () => {
    const at = renderAt(100, 30, COLOUR);
    for (const back of ['_', 'escape']) {
      at.press('+');
      expect(at.text()).not.toContain('Last runs');
      at.press(back);
      expect(at.text()).toContain('Last runs');
    }
    at.unmount();
  });

  it('the host has its own', () => {
    const at = renderAt(100, 30, COLOUR);
    const { host } = at.program;
    for (const [key, verb] of [
      ['y', 'copy'],
      ['Y', 'save'],
      ['ctrl+l', 'redraw'],
      ['ctrl+z', 'suspend'],
      ['q', 'quit'],
      ['ctrl+c', 'interrupt'],
    ] as const) {
      const spy = vi.spyOn(host, verb);
      at.press(key);
      expect(spy, key).toHaveBeenCalledOnce();
    }
    at.press('?'); // ^C works over an overlay, and q does not
    const [interrupt, quit] = [vi.spyOn(host, 'interrupt').mockClear(), vi.spyOn(host, 'quit').mockClear()];
    at.press('ctrl+c', 'q');
    expect([interrupt.mock.calls.length, quit.mock.calls.length]).toEqual([1, 0]);
    at.unmount();
  });

  it('q on a setting of the form quits nothing: it leads to the first row, where it quits', () => {
    const at = renderAt(100, 30, COLOUR, { screen: 'train' });
    const quit = vi.spyOn(at.program.host, 'quit');
    at.press('down', 'down', 'q');
    expect(quit).not.toHaveBeenCalled();
    expect(at.text()).toContain('q again quits');
    at.press('q');
    expect(quit).toHaveBeenCalledOnce();
    at.unmount();
  });

  it('scroll what is too long, back too, never beyond its ends', () => {
    const at = renderAt(60, 20, COLOUR, { screen: 'train' });
    at.press('?');
    const first = (): string => at.lines()[2] ?? '';
    const top = first();
    at.press('up');
    expect(first()).toBe(top);
    at.press('down');
    expect(first()).not.toBe(top);
    at.press('up');
    expect(first()).toBe(top);
    at.press(...Array<string>(12).fill('pagedown'));
    expect(at.text()).toContain('Shows the latest part of the curves');
    at.press('x');
    expect(at.text()).not.toContain('any key closes');
    at.unmount();
  });

  it('a prompt: types, deletes a whole character, clears, checks, submits without blanks', () => {
    const at = renderAt(80, 24, COLOUR);
    const submit = vi.fn();
    const check = (text: string): string | undefined => (text === 'bad' ? 'not this one' : undefined);
    at.program.store.set({
      overlay: { kind: 'prompt', title: 'name', value: 'x', help: 'any', check, submit },
    });
    at.press('end', 'y', '😀', 'backspace', 'space');
    expect(at.text()).toContain('> xy ');
    at.press('ctrl+u', 'b', 'a', 'd', 'enter');
    expect(at.text()).toContain('✗ not this one');
    at.press('d');
    expect(at.text()).not.toContain('not this one');
    at.press('space', 'enter');
    expect(submit.mock.calls).toEqual([['badd']]);
    expect(at.program.store.state.overlay).toBeUndefined();
    at.unmount();
  });

  it('a question takes its own keys alone, and is closed when it acts', () => {
    const at = renderAt(80, 24, COLOUR);
    const run = vi.fn(() => expect(at.program.store.state.overlay).toBeUndefined());
    at.program.store.set({
      overlay: { kind: 'question', title: 'sure?', lines: [], choices: [{ key: 'Y', label: 'yes', run }] },
    });
    at.press('y');
    expect(run).not.toHaveBeenCalled();
    at.press('Y');
    expect(run).toHaveBeenCalledOnce();
    at.unmount();
  });
});
