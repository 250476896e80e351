#!/usr/bin/env node
import { EventEmitter } from 'node:events';
import { register } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Processor time of one frame of the Train screen: with panels painted past Ink, as the program does it, and with the same
 * panels as Ink's own text. `npm run build`, then `node bench/ink.mjs`; `node bench/ink.mjs FOLDER` takes ink and react
 * from FOLDER/node_modules. Use NODE_ENV=production.
 */
const [folder] = process.argv.slice(2);
const FRAMES = 150;
/** Steps before the first frame: curves of six epochs. */
const HISTORY = 6000;
/** Longer than the painter gathers changes. */
const FRAME_MS = 25;

if (folder !== undefined) {
  const parent = pathToFileURL(join(resolve(folder), 'index.js')).href;
  const hooks = `export const resolve = (name, context, next) =>
    next(name, /^(ink|react)(\\/|$)/.test(name) ? { ...context, parentURL: ${JSON.stringify(parent)} } : context);`;
  register(`data:text/javascript,${encodeURIComponent(hooks)}`);
}
const { Box, Text, render } = await import('ink');
const { createElement, useState } = await import('react');
const { App } = await import('../dist/tui/components/app.js');
const { initialState } = await import('../dist/tui/main.js');
const { FrameStream, mount } = await import('../dist/tui/mount.js');
const { Painter } = await import('../dist/tui/painter.js');
const { applyEvent, beginRun } = await import('../dist/tui/run_state.js');
const { SCREENS } = await import('../dist/tui/screens/all.js');
const { Store } = await import('../dist/tui/store.js');
const { hourOfEvents } = await import('./hour_of_events.mjs');

/** The same App, whose layers become boxes with text in them instead of being painted. */
function AllInk({ program, size }) {
  const [layers, setLayers] = useState(new Map());
  const change = (edit) =>
    setLayers((old) => {
      const next = new Map(old);
      edit(next);
      return next;
    });
  const [painter] = useState({
    paint: (id, layer) =>
      change((next) => {
        if (JSON.stringify(next.get(id)) !== JSON.stringify(layer)) next.set(id, layer);
      }),
    erase: (id) => change((next) => next.delete(id)),
  });
  const [app] = useState(createElement(App, { program, painter }));
  const boxes = [...layers.values()]
    .flatMap(({ pieces }) => pieces)
    .map(({ at, lines }) =>
      createElement(
        Box,
        {
          ...{ key: `${at.x},${at.y}`, position: 'absolute', marginLeft: at.x, marginTop: at.y },
          ...{ width: at.cols, height: at.rows },
        },
        createElement(Text, { wrap: 'truncate-end' }, lines.join('\n')),
      ),
    );
  return createElement(Box, { width: size.cols, height: size.rows }, app, ...boxes);
}

/** @returns milliseconds of processor time a frame */
async function measure(cols, rows, allInk) {
  const events = hourOfEvents();
  const nothing = () => undefined;
  const engine = { request: () => new Promise(nothing), send: nothing, listen: () => nothing };
  const terminal = Object.assign(new EventEmitter(), { columns: cols, rows, write: () => true });
  const painter = new Painter(terminal, { paintPicture: () => [] });
  const run = events.slice(0, HISTORY).reduce((state, event, i) => applyEvent(state, event, i), beginRun(0));
  const capability = { color: 'truecolor', glyphs: 'unicode' };
  const store = new Store({ ...initialState({ cols, rows }, capability), screen: 'train', run });
  const program = { store, screens: SCREENS, engine, host: {} };
  painter.enter();
  const ink = allInk
    ? render(createElement(AllInk, { program, size: { cols, rows } }), {
        ...{ stdout: new FrameStream(painter), debug: true, patchConsole: false, exitOnCtrlC: false },
      })
    : mount(program, painter);
  const frames = async (first, count) => {
    for (let i = first; i < first + count; i++) {
      store.set({ run: applyEvent(store.state.run, events[i], i) });
      store.flush();
      await new Promise((done) => setTimeout(done, FRAME_MS));
    }
  };
  await frames(HISTORY, 60); // warms the compiler up
  const begin = process.cpuUsage();
  await frames(HISTORY + 60, FRAMES);
  const { user, system } = process.cpuUsage(begin);
  ink.unmount();
  painter.leave();
  return (user + system) / 1000 / FRAMES;
}

console.log(`Node ${process.version}, ink from ${folder ?? 'this project'}; processor time of one frame`);
for (const [cols, rows] of [
  [100, 30],
  [140, 45],
]) {
  const [past, through] = [await measure(cols, rows, false), await measure(cols, rows, true)];
  console.log(
    `${cols} x ${rows}: painted past Ink ${past.toFixed(1)} ms, all through Ink ${through.toFixed(1)} ms`,
  );
}
process.exit(0);
