import { writeFileSync } from 'node:fs';
import { render } from 'ink';
import type { Engine } from '../engine/engine.js';
import { EngineProcess } from '../engine/process.js';
import { EXIT } from '../util/errors.js';
import { openScreen } from './actions.js';
import { AppView } from './app.js';
import { type AppState, SCREEN_NAMES, type ScreenName } from './app_state.js';
import { Input } from './input.js';
import { type App, type Host, handleKey } from './keys.js';
import { EMPTY } from './loadable.js';
import type { Capability } from './paint/capability.js';
import { Screen } from './screen.js';
import { SCREENS } from './screens/all.js';
import { Store } from './store.js';
import { plain } from './text.js';

export interface TuiOptions {
  readonly screen?: ScreenName;
  /** How often what comes from the engine is shown, per second. */
  readonly fps: number;
  readonly capability: Capability;
  /** Default: the child process. */
  readonly engine?: Engine;
}

/** Two ^C within this time leave at once. */
const INSIST_MS = 3000;

/** The state at the start. */
export function initialState(size: AppState['size'], capability: Capability): AppState {
  return {
    ...{ size, capability, screen: 'home', screens: {}, focus: {}, zoom: false, table: false },
    ...{ overlay: undefined, note: undefined, machine: EMPTY, now: Date.now() },
  };
}

/** Runs the terminal UI until it is left; resolves with the exit code. Both ends must be terminals. */
export async function runTui(options: TuiOptions): Promise<number> {
  const engine = options.engine ?? new EngineProcess();
  const screen = new Screen(process.stdout, () => []);
  const store = new Store(initialState(screen.size, options.capability), { fps: options.fps });
  let leave: (code: number) => void = () => undefined;
  const left = new Promise<number>((resolve) => {
    leave = resolve;
  });
  let interrupted = Number.NEGATIVE_INFINITY;
  const host: Host = {
    quit: () => leave(EXIT.done),
    interrupt: () => {
      if (performance.now() - interrupted < INSIST_MS) process.exit(EXIT.interrupted);
      interrupted = performance.now();
      leave(EXIT.interrupted);
    },
    suspend: () => suspend(),
    redraw: () => screen.redraw(),
    save: () => store.set({ note: saveText(screen) }),
  };
  const app: App = { store, screens: SCREENS, engine, host };
  const input = new Input(process.stdin, (key) => handleKey(app, key));
  const enter = (): void => {
    screen.enter();
    input.start();
  };
  const restore = (): void => {
    input.stop();
    screen.leave();
  };
  const suspend = (): void => {
    restore();
    process.once('SIGCONT', enter);
    process.kill(0, 'SIGTSTP'); // the whole group: npx and the like wait with us; the engine has a group of its own
  };
  const onResize = (): void => {
    store.set({ size: screen.size });
    store.flush();
    screen.redraw();
  };
  const onSignal = (signal: NodeJS.Signals): void =>
    leave(signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated);
  process.stdout.on('resize', onResize);
  process.on('exit', restore).on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onSignal);
  const clock = setInterval(() => store.set({ now: Date.now() }), 1000);
  const stopListening = engine.listen(() => undefined);
  enter();
  const ink = render(<AppView app={app} onScene={({ pictures }) => screen.show(pictures)} />, {
    stdout: screen as unknown as NodeJS.WriteStream,
    debug: true, // whole frames without cursor codes; `screen` does the rest
    patchConsole: false,
    exitOnCtrlC: false,
  });
  probe(store, engine);
  openScreen(store, SCREENS, engine, options.screen ?? SCREEN_NAMES[0]);
  store.flush();
  try {
    return await Promise.race([left, ink.waitUntilExit().then(() => EXIT.bug)]);
  } finally {
    clearInterval(clock);
    stopListening();
    process.stdout.off('resize', onResize);
    process.off('exit', restore).off('SIGINT', onSignal).off('SIGTERM', onSignal).off('SIGHUP', onSignal);
    restore();
    ink.unmount();
    engine.close();
  }
}

/** Asks the engine what the machine has. */
function probe(store: Store<AppState>, engine: Engine): void {
  store.set({ machine: { status: 'loading', text: 'probing GPU…', since: Date.now() } });
  engine.request('machine.probe', {}).then(
    (value) => store.set({ machine: { status: 'ready', value } }),
    (error: Error) => store.set({ machine: { status: 'failed', message: error.message } }),
  );
}

function saveText(screen: Screen): AppState['note'] {
  const path = `fer-tui-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.txt`;
  try {
    writeFileSync(path, `${screen.frame.map((line) => plain(line).trimEnd()).join('\n')}\n`);
    return { text: `screen saved as ${path}`, kind: 'good' };
  } catch (error) {
    return { text: `cannot save the screen: ${String(error)}`, kind: 'bad' };
  }
}
