import { EventEmitter } from 'node:events';
import { initialState } from '../dist/tui/main.js';
import { mount } from '../dist/tui/mount.js';
import { Painter } from '../dist/tui/painter.js';
import { applyEvent, beginRun } from '../dist/tui/run_state.js';
import { SCREENS } from '../dist/tui/screens/all.js';
import { Store } from '../dist/tui/store.js';
import { hourOfEvents } from './hour_of_events.mjs';

/** Plays an hour of events through state, Ink and screen, and prints how the heap has grown. Needs --expose-gc. */
const EVENTS_PER_FRAME = 10;
const events = hourOfEvents();
const nothing = () => undefined;
const engine = { request: () => new Promise(nothing), send: nothing, listen: () => nothing };
const host = { quit: nothing, interrupt: nothing, suspend: nothing, redraw: nothing, save: nothing };
const terminal = Object.assign(new EventEmitter(), { columns: 100, rows: 30, write: () => true });
const painter = new Painter(terminal, { paintPicture: () => [] });
const capability = { color: 'truecolor', glyphs: 'unicode' };
const state = { ...initialState({ cols: 100, rows: 30 }, capability), screen: 'train', run: beginRun(0) };
const store = new Store(state);
painter.enter();
mount({ store, screens: SCREENS, engine, host }, painter);

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
