import { EventEmitter } from 'node:events';
import { render } from 'ink';
import { createElement } from 'react';
import type { Engine } from '../../src/engine/engine.js';
import { openScreen } from '../../src/tui/actions.js';
import { AppView } from '../../src/tui/app.js';
import type { AppState, ScreenName } from '../../src/tui/app_state.js';
import { type App, handleKey } from '../../src/tui/keys.js';
import type { Piece } from '../../src/tui/layout.js';
import { initialState } from '../../src/tui/main.js';
import type { Capability } from '../../src/tui/paint/capability.js';
import { laidOver } from '../../src/tui/screen.js';
import type { PlacedPicture } from '../../src/tui/screen_module.js';
import { SCREENS } from '../../src/tui/screens/all.js';
import { Stage } from '../../src/tui/stage.js';
import { Store } from '../../src/tui/store.js';
import { plain } from '../../src/tui/text.js';

/** An engine that never answers. */
export const SILENT_ENGINE: Engine = {
  request: () => new Promise(() => undefined),
  send: () => undefined,
  listen: () => () => undefined,
  close: () => Promise.resolve(),
  kill: () => undefined,
  release: () => undefined,
  log: 'no log',
};

export const COLOUR: Capability = { color: 'truecolor', glyphs: 'unicode' };

export interface Rendered {
  readonly app: App;
  /** Rows of the last frame, colours included. */
  lines(): string[];
  /** The last frame without colours. */
  text(): string;
  pictures(): readonly PlacedPicture[];
  /** Names as in input.ts; a single letter also types itself. */
  press(...keys: string[]): void;
  /** Shows now what changed. */
  flush(): void;
  unmount(): void;
}

/** The terminal UI at a size, on no terminal. `state` is laid over the state at the start. */
export function renderAt(
  cols: number,
  rows: number,
  capability: Capability,
  options: { screen?: ScreenName; state?: Partial<AppState>; engine?: Engine; open?: boolean } = {},
): Rendered {
  const { screen = 'home', state = {}, engine = SILENT_ENGINE, open = false } = options;
  const store = new Store<AppState>({ ...initialState({ cols, rows }, capability), screen, ...state });
  const nothing = (): void => undefined;
  const host = { quit: nothing, interrupt: nothing, suspend: nothing, redraw: nothing, save: nothing };
  const app: App = { store, screens: SCREENS, engine, host };
  let frame = '';
  let over: readonly Piece[] = [];
  let pictures: readonly PlacedPicture[] = [];
  const stdout = Object.assign(new EventEmitter(), {
    columns: cols,
    rows,
    isTTY: true,
    write: (text: string) => {
      if (text !== '\n' && !text.startsWith('\x1b[?25')) frame = text;
      return true;
    },
  });
  if (open) openScreen(store, SCREENS, engine, screen);
  store.flush();
  const stage = new Stage(
    app,
    (scene) => {
      ({ over, pictures } = scene);
    },
    (error) => {
      throw error;
    },
  );
  const view = () => createElement(AppView, { stage });
  const ink = render(view(), {
    stdout: stdout as unknown as NodeJS.WriteStream,
    debug: true,
    patchConsole: false,
    exitOnCtrlC: false,
  });
  const flush = (): void => {
    store.flush();
    ink.rerender(view());
  };
  return {
    app,
    lines: () => laidOver(frame.split('\n'), over),
    text: () => plain(laidOver(frame.split('\n'), over).join('\n')),
    pictures: () => pictures,
    press: (...keys) => {
      for (const name of keys) {
        const text = name === 'space' ? ' ' : [...name].length === 1 ? name : '';
        handleKey(app, { name, text });
      }
      flush();
    },
    flush,
    unmount: () => ink.unmount(),
  };
}
