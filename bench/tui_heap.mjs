import { EventEmitter } from 'node:events';
import { render } from 'ink';
import { createElement } from 'react';
import { AppView } from '../dist/tui/app.js';
import { initialState } from '../dist/tui/main.js';
import { applyEvent, beginRun } from '../dist/tui/run_state.js';
import { Screen } from '../dist/tui/screen.js';
import { SCREENS } from '../dist/tui/screens/all.js';
import { Stage } from '../dist/tui/stage.js';
import { Store } from '../dist/tui/store.js';
import { hourOfEvents } from './hour_of_events.mjs';

/** Plays an hour of events through state, Ink and screen, and prints how the heap has grown. Needs --expose-gc. */
const EVENTS_PER_FRAME = 10;
const events = hourOfEvents();
const nothing = () => undefined;
const engine = { request: () => new Promise(nothing), send: nothing, listen: () => nothing };
const host = { quit: nothing, interrupt: nothing, suspend: nothing, redraw: nothing, save: nothing };
const terminal = Object.assign(new EventEmitter(), { columns: 100, rows: 30, write: () => true });
const screen = new Screen(terminal, () => []);
const capability = { color: 'truecolor', glyphs: 'unicode' };
const state = { ...initialState({ cols: 100, rows: 30 }, capability), screen: 'train', run: beginRun(0) };
const store = new Store(state);
screen.enter();
const app = { store, screens: SCREENS, engine, host };
const stage = new Stage(app, ({ over, pictures }) => screen.show(over, pictures), nothing);
render(createElement(AppView, { stage }), {
  ...{ stdout: screen, debug: true, patchConsole: false, exitOnCtrlC: false },
});

let frames = 0;
let before = 0;
for (let i = 0; i < events.length; i++) {
  store.set({ run: applyEvent(store.state.run, events[i], i) });
  if (i % EVENTS_PER_FRAME !== 0) continue;
  store.flush();
  frames++;
  await new Promise((resolve) => setImmediate(resolve)); // React and the screen draw
  if (i === 400) {
    globalThis.gc();
    before = process.memoryUsage().heapUsed;
  }
}
globalThis.gc();
const growth = process.memoryUsage().heapUsed - before;
console.log(JSON.stringify({ growth, events: events.length, frames }));
process.exit(0);
