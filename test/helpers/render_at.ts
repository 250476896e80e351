import { createElement } from 'react';
import type { Engine, News } from '../../src/engine/engine.js';
import type { Command } from '../../src/engine/protocol.js';
import type { RequestName, Result } from '../../src/engine/requests.js';
import { openScreen } from '../../src/tui/actions.js';
import type { AppState, ScreenName } from '../../src/tui/app_state.js';
import { App } from '../../src/tui/components/app.js';
import { handleKey } from '../../src/tui/keys.js';
import { initialState } from '../../src/tui/main.js';
import { mount } from '../../src/tui/mount.js';
import { handleMouse } from '../../src/tui/mouse.js';
import type { Capability } from '../../src/tui/paint/capability.js';
import { Painter } from '../../src/tui/painter.js';
import type { Program, ScreenMap } from '../../src/tui/program.js';
import type { PlacedPicture } from '../../src/tui/screen_module.js';
import { SCREENS } from '../../src/tui/screens/all.js';
import { Store } from '../../src/tui/store.js';
import { plain } from '../../src/tui/text.js';

/** An engine that never answers. */
export const SILENT_ENGINE: Engine = {
  request: () => new Promise(() => undefined),
  send: () => undefined,
  listen: () => () => undefined,
  close: () => Promise.resolve(),
  kill: () => undefined,
  detach: () => undefined,
  release: () => undefined,
  log: 'no log',
};

/** An engine that answers some requests, each always alike, and no others. */
export function answeringEngine(answers: { readonly [K in RequestName]?: Result<K> }): Engine {
  return {
    ...SILENT_ENGINE,
    request: <K extends RequestName>(name: K): Promise<Result<K>> => {
      const answer: Result<K> | undefined = answers[name];
      return answer === undefined ? new Promise(() => undefined) : Promise.resolve(answer);
    },
  };
}

/** An engine that records what is sent to it, and whose listeners hear what `tell` says. */
export function toldEngine(): { engine: Engine; sent: Command[]; tell: (news: News) => void } {
  const sent: Command[] = [];
  const listeners = new Set<(news: News) => void>();
  const engine: Engine = {
    ...SILENT_ENGINE,
    send: (command) => void sent.push(command),
    listen: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const tell = (news: News): void => {
    for (const listener of listeners) listener(news);
  };
  return { engine, sent, tell };
}

export const COLOUR: Capability = { color: 'truecolor', glyphs: 'unicode' };

export interface Rendered {
  readonly program: Program;
  /** Rejects with what a screen threw. */
  readonly ended: Promise<unknown>;
  /** Rows of the last frame, colours included. */
  lines(): readonly string[];
  /** The last frame without colours. */
  text(): string;
  pictures(): readonly PlacedPicture[];
  /** Names as in input.ts; a single letter also types itself. */
  press(...keys: string[]): void;
  /** A click, or a turn of the wheel, at a cell counted from 0. */
  mouse(name: 'click' | 'wheelup' | 'wheeldown', x: number, y: number): void;
  /** Shows now what changed. */
  flush(): void;
  unmount(): void;
}

/** The terminal UI at a size, on no terminal. `state` is laid over the state at the start. */
export function renderAt(
  cols: number,
  rows: number,
  capability: Capability,
  options: {
    screen?: ScreenName;
    state?: Partial<AppState>;
    engine?: Engine;
    screens?: ScreenMap;
    open?: boolean;
  } = {},
): Rendered {
  const { screen = 'home', state = {}, engine = SILENT_ENGINE, screens = SCREENS, open = false } = options;
  const store = new Store<AppState>({ ...initialState({ cols, rows }, capability), screen, ...state });
  const nothing = (): void => undefined;
  const terminal = { columns: cols, rows, write: () => true, once: nothing };
  const painter = new Painter(terminal, { paintPicture: () => [], ascii: capability.glyphs === 'ascii' });
  const text = (): string => plain(painter.text.join('\n'));
  const host = {
    ...{ quit: nothing, interrupt: nothing, suspend: nothing, redraw: nothing, save: nothing },
    ...{ text, copy: nothing },
  };
  const program: Program = { store, screens, engine, host };
  if (open) openScreen(program, screen);
  store.flush();
  const ink = mount(program, painter);
  const app = createElement(App, { program, painter });
  const flush = (): void => {
    store.flush();
    ink.rerender(app);
    ink.rerender(app); // runs the effects of the render before
  };
  flush();
  return {
    program,
    ended: ink.waitUntilExit(),
    lines: () => painter.text,
    text,
    pictures: () => painter.pictures,
    press: (...keys) => {
      for (const name of keys) {
        const text = name === 'space' ? ' ' : [...name].length === 1 ? name : '';
        handleKey(program, { name, text });
      }
      flush();
    },
    mouse: (name, x, y) => {
      handleMouse(program, { name, text: '', at: { x, y } });
      flush();
    },
    flush,
    unmount: () => ink.unmount(),
  };
}
