import { afterEach, describe, expect, it } from 'vitest';
import { WHOLE_CHART } from '../../src/tui/charts/chart_view.js';
import { applyEvent, beginRun } from '../../src/tui/run_state.js';
import { curvesOf } from '../../src/tui/screens/train_charts.js';
import type { TrainState } from '../../src/tui/screens/train_panels.js';
import { fakeEnd, fakeEvents } from '../helpers/events.js';
import { type Rendered, renderAt } from '../helpers/render_at.js';

const NONE = { color: 'none', glyphs: 'unicode' } as const;
/** Three epochs of 20 steps. */
const RUN = [...fakeEvents(), ...fakeEnd()].reduce((run, event) => applyEvent(run, event, 0), beginRun(0));

describe('the keys of the charts on Train', () => {
  let at: Rendered | undefined;
  afterEach(() => at?.unmount());
  /** The screen's state after these keys. */
  const pressed = (...keys: string[]): TrainState => {
    at?.unmount();
    at = renderAt(140, 45, NONE, { screen: 'train', state: { run: RUN, table: true } });
    at.press(...keys);
    return { chart: {}, ...at.program.store.state.screens.train } as TrainState;
  };

  it('= and - show half and twice as much', () => {
    expect(pressed('=').chart.window).toEqual([1.5, 3]);
    expect(pressed('=', '=').chart.window).toEqual([2.25, 3]);
    expect(pressed('=', '=', '-').chart.window).toEqual([1.5, 3]);
    expect(pressed('=', '-').chart.window).toBeUndefined();
    expect(at?.text()).not.toContain('(part');
  });

  it('< and > move the part by a quarter of it, and mean nothing without one', () => {
    expect(pressed('=', '<').chart.window).toEqual([1.125, 2.625]);
    expect(pressed('=', '<', '<', '>').chart.window).toEqual([1.125, 2.625]);
    expect(pressed('<').chart.window).toBeUndefined();
  });

  it('the arrows, the pages and the ends move the cursor', () => {
    expect(pressed('left').chart.cursor).toBe(3);
    const one = pressed('left', 'left').chart.cursor ?? 3;
    expect(one).toBeLessThan(3);
    expect(pressed('left', 'left', 'right').chart.cursor).toBe(3);
    expect(pressed('left', 'pageup').chart.cursor).toBeLessThan(one);
    expect(pressed('left', 'pageup', 'pagedown').chart.cursor).toBe(3);
    const first = pressed('home').chart.cursor ?? 3;
    expect(first).toBeLessThan(0.2);
    expect(pressed('home', 'end').chart.cursor).toBe(3);
  });

  it('r sets the ends of the y axis of the chart that has the focus, until Esc', () => {
    at = renderAt(140, 45, NONE, { screen: 'train', state: { run: RUN } });
    const loss = (): string => /[┤|] *$|^│ *([\d.]+)┤/m.exec(at?.text() ?? '')?.[1] ?? '';
    const before = loss();
    at.press('r', ...'1 2', 'enter');
    expect(loss()).toMatch(/^2\.0/);
    expect(at.text()).toContain('loss (part)');
    at.press('tab', 'r', ...'41 59', 'enter');
    expect(at.program.store.state.screens.train).toMatchObject({
      chart: { ranges: { loss: [1, 2], accuracy: [0.41, 0.59] } },
    });
    expect(at.text()).toMatch(/59 %┤/);
    at.press('r');
    expect(at.text()).toContain('> 41.0 59.0');
    at.press(...'9 1', 'enter');
    expect(at.text()).toContain('expected two numbers');
    at.press('escape', 'r', 'backspace', 'enter');
    expect(at.text()).not.toMatch(/59 %┤/);
    expect(loss()).toMatch(/^2\.0/);
    at.press('escape');
    expect(loss()).toBe(before);
  });

  it('a draws over epochs, steps and time in turn', () => {
    expect(pressed('left').axis ?? 'epoch').toBe('epoch');
    expect(at?.text()).toContain('at epoch 3:');
    pressed('left', 'a');
    expect(at?.text()).toContain('at step 60:');
    pressed('left', 'a', 'a');
    expect(at?.text()).toContain('at time 1:30:');
    pressed('left', 'a', 'a', 'a');
    expect(at?.text()).toContain('at epoch 3:');
  });

  it('m shows accuracy, gradient norm, learning rate and images per second in turn, each with its own numbers', () => {
    const numbers = (...keys: string[]): number | undefined => {
      const plain = { smooth: false, recent: false, chart: WHOLE_CHART, weight: 0.9, others: [] };
      const state: TrainState = { ...pressed(...keys), ...plain };
      const look = { state, app: at?.program.store.state, capability: NONE } as Parameters<
        typeof curvesOf
      >[0];
      return curvesOf(look, state.second ?? 'accuracy')[0]?.points.at(-1)?.y;
    };
    expect(numbers('m', 'm')).toBe(0.001);
    expect(at?.text()).toContain('─ learning rate');
    expect(numbers('m', 'm', 'm')).toBe(200);
    expect(at?.text()).toContain('─ images/s');
    pressed('m', 'm', 'm', 'm');
    expect(at?.text()).toContain('─ accuracy');
  });

  it('g, e, E and z turn the scale, the smoothing and its weight, and the latest part', () => {
    pressed('g');
    expect(at?.text()).toContain('loss (log)');
    pressed('g', 'g');
    expect(at?.text()).not.toContain('(log)');
    pressed('e');
    expect(at?.text()).not.toContain('smoothed');
    pressed('e', 'E'); // asks for smoothing, so there is some
    expect(at?.text()).toContain('smoothed 0.97: ');
    pressed('E', 'E', 'E');
    expect(at?.text()).toContain('smoothed 0.6: ');
    const recent = pressed('=', 'left', 'z');
    expect(recent.chart).toMatchObject({ window: undefined, cursor: undefined });
    expect(at?.text()).toContain('loss (recent)');
  });
});

it('markers of a run are drawn only in the part that is shown', () => {
  const marked = { ...RUN, markers: [{ x: 0.5, sign: '‖' }] };
  const at = renderAt(140, 45, NONE, { screen: 'train', state: { run: marked as never } });
  const signs = (): number => (at.text().match(/‖/g) ?? []).length;
  const whole = signs();
  expect(whole).toBeGreaterThan(0);
  at.press('='); // 1.5 to 3
  expect(signs()).toBeLessThan(whole);
  at.press('-');
  expect(signs()).toBe(whole);
  at.unmount();
});
