import { writeFileSync } from 'node:fs';
import type { Engine } from '../engine/engine.js';
import { EngineProcess } from '../engine/process.js';
import type { RunChanges } from '../train/continuation.js';
import { endText } from '../train/runs.js';
import { percent } from '../util/axis.js';
import { ENDING_EXIT, onEnding, watchStream } from '../util/endings.js';
import { EXIT } from '../util/errors.js';
import { canSuspend } from '../util/platform.js';
import { actionsOf, closeScreen, openScreen } from './actions.js';
import { type AppState, SCREEN_NAMES, type ScreenName } from './app_state.js';
import { BackgroundAnswer, chooseTheme, themed } from './background.js';
import { clipboardSequence } from './clipboard.js';
import { FadingNote } from './fading_note.js';
import { OnScreen } from './frame/on_screen.js';
import { ImageLayer } from './image_layer.js';
import { Input } from './input.js';
import { handleKey } from './keys.js';
import type { Size } from './layout.js';
import { type AppActions, follow, readOn, resumeRun, showRun, startRun } from './live.js';
import { EMPTY } from './loadable.js';
import { handleMouse } from './mouse.js';
import type { Capability } from './paint/capability.js';
import { Painter } from './painter.js';
import { PictureCache } from './picture_cache.js';
import type { Host, Program } from './program.js';
import { followedRun, isActive, type RunState } from './run_state.js';
import { SCREENS } from './screens/all.js';
import { attachCommand, canDetach } from './steer.js';
import { Store } from './store.js';
import { plain } from './text.js';
import { NEW_WORKSPACE } from './workspace.js';
import { readWorkspace, WorkspaceKeeper } from './workspace_file.js';

export interface TuiOptions {
  readonly screen?: ScreenName;
  /** Changes to the initial states of screens. */
  readonly own?: AppState['screens'];
  /** Largest number of screen updates per second caused by events of the engine. */
  readonly fps: number;
  readonly capability: Capability;
  /** Default: the child process. */
  readonly engine?: Engine;
  /** Starts, resumes or shows a run at once. */
  readonly run?:
    | { readonly settings: Readonly<Record<string, unknown>> }
    | { readonly resume: string; readonly changes?: RunChanges }
    | { readonly show: string };
}

/** A second ^C within this time quits at once. */
const INSIST_MS = 3000;

/** The state at the start. */
export function initialState(size: Size, capability: Capability): AppState {
  return {
    ...{
      size,
      capability,
      background: undefined,
      screen: 'home',
      screens: {},
      focus: {},
      zoom: false,
      table: false,
    },
    ...{
      overlay: undefined,
      note: undefined,
      search: undefined,
      machine: EMPTY,
      run: undefined,
      runsFolder: 'runs',
    },
    workspace: NEW_WORKSPACE,
    now: Date.now(),
  };
}

/** Runs the terminal UI; resolves with the exit code. Stdin and stdout must be terminals. */
export async function runTui(options: TuiOptions): Promise<number> {
  const { capability, fps, own = {} } = options;
  const engine = options.engine ?? new EngineProcess();
  const pictures = new PictureCache(capability);
  const images = capability.graphics && new ImageLayer(capability.graphics);
  const painter = new Painter(process.stdout, {
    paintPicture: (placed) => pictures.lines(placed),
    images,
    ascii: capability.glyphs === 'ascii',
    mouse: capability.mouse !== false,
  });
  const remembered = readWorkspace(SCREENS);
  const screens = { ...remembered.screens };
  for (const name of Object.keys(own) as ScreenName[]) screens[name] = { ...screens[name], ...own[name] };
  const store = new Store<AppState>(
    { ...initialState(painter.size, capability), ...remembered, screens },
    { fps },
  );
  const keeper = new WorkspaceKeeper(SCREENS, store.state);
  const leaving = new Leaving(store, engine);
  const host: Host = {
    quit: () => leaving.quit(),
    interrupt: () => leaving.interrupt(),
    suspend: () => suspend(),
    redraw: () => painter.redraw(),
    save: () => store.set({ note: saveText(painter) }),
    text: () => textOf(painter),
    copy: (text) => void process.stdout.write(clipboardSequence(text)),
  };
  const program: Program = { store, screens: SCREENS, engine, host };
  const act = actionsOf(program, 'train');
  if (capability.requestedTheme !== undefined) chooseTheme(store, capability.requestedTheme);
  else store.set({ capability: themed(store.state, store.state.workspace.theme) });
  const answer = new BackgroundAnswer(capability);
  const input = new Input(process.stdin, (key) => {
    if (key.name === 'answer') answer.take(store, key.text);
    else if (!handleMouse(program, key)) handleKey(program, key);
    setImmediate(() => painter.show()); // by then, React has painted
  });
  const enter = (): void => {
    painter.enter();
    input.start();
  };
  const restore = (): void => {
    input.stop();
    painter.leave();
  };
  const suspend = (): void => {
    if (!canSuspend()) {
      store.set({ note: { text: 'Windows cannot suspend programs', kind: 'info' } });
      return;
    }
    restore();
    process.stdout.write(suspendedWords(store.state.run));
    process.once('SIGCONT', () => {
      enter();
      onResize(); // the size may have changed meanwhile
    });
    process.kill(0, 'SIGTSTP'); // the process group, which includes npx, but not the engine
  };
  const onResize = (): void => {
    store.set({ size: painter.size });
    store.flush();
    painter.redraw();
  };
  process.stdout.on('resize', onResize);
  process.on('exit', restore);
  watchStream(process.stdin);
  const ignore = onEnding((ending) => leaving.leave(ENDING_EXIT[ending]));
  const fading = new FadingNote();
  const clock = setInterval(() => {
    store.set({ now: Date.now(), note: fading.after(store.state.note, performance.now()) });
    readOn(act);
    keeper.settle(store.state);
  }, 1000);
  const unfollow = follow(act);
  probe(store, engine);
  openScreen(program, options.screen ?? SCREEN_NAMES[0]);
  if (options.run !== undefined) beginGiven(act, options.run);
  store.flush();
  const onScreen = new OnScreen(program, painter);
  try {
    onScreen.begin();
    input.start();
    answer.ask(); // before the first frame, so that the colours are known early
    painter.enter();
    return await Promise.race([leaving.left, onScreen.handOver().then(() => EXIT.bug)]);
  } finally {
    clearInterval(clock);
    keeper.save(store.state);
    unfollow();
    process.stdout.off('resize', onResize);
    process.off('exit', restore);
    ignore();
    await answer.settled();
    restore();
    onScreen.end();
    await closeScreen(program);
    engine.release();
    const words = farewell(store.state.run);
    if (words !== undefined) process.stdout.write(`${words}\n`);
  }
}

/** The message when the screen is suspended: the engine is not. */
export function suspendedWords(run: RunState | undefined): string {
  if (!isActive(run) || run.phase === 'paused') return '';
  const name = run.start?.run ?? 'the training';
  return `fer-tui: ${name} continues training while the screen is suspended. fg brings the screen back; space pauses training there.\n`;
}

/** The text printed after the UI has closed: how the run ended and how to resume it. */
function farewell(run: RunState | undefined): string | undefined {
  if (run?.tail !== undefined && run.start !== undefined)
    return `${run.start.run} continues in the background
to come back: ${attachCommand(run.start)}`;
  if (run?.live !== true || run.start === undefined) return undefined;
  const { start, epochs, end, result } = run;
  const status = end?.status ?? 'stopped';
  const best = epochs.findLast((epoch) => epoch.best);
  const score =
    best === undefined ? '' : `  best ${percent(best.val?.acc ?? best.train.acc)} (epoch ${best.epoch})`;
  const next =
    status === 'finished' || status === 'early-stop'
      ? ''
      : `\nto resume: fer-tui train --resume ${start.path}`;
  const ended = result ?? { epochs: epochs.at(-1)?.epoch ?? 0 };
  return `${start.run}  ${status} ${endText(ended)} of ${start.of}${score}  ${start.path}${next}`;
}

function beginGiven(act: AppActions, run: NonNullable<TuiOptions['run']>): void {
  if ('show' in run) showRun(act, run.show);
  else if ('resume' in run) resumeRun(act, run.resume, run.changes);
  else startRun(act, run.settings);
}

/** Quits the UI: at once, or during training after a checkpoint has been saved. */
class Leaving {
  readonly left: Promise<number>;
  leave: (code: number) => void = () => undefined;
  #interrupted = Number.NEGATIVE_INFINITY;
  #saving = false;

  constructor(
    private readonly store: Store<AppState>,
    private readonly engine: Engine,
  ) {
    this.left = new Promise((resolve) => {
      this.leave = resolve;
    });
  }

  quit(): void {
    if (!isActive(this.store.state.run) || this.#saving) {
      this.leave(EXIT.done);
      return;
    }
    const lines = [
      'Stopping ends the training after this batch and saves a checkpoint. The run can be resumed; the result is the same, bit for bit.',
    ];
    const detach = {
      key: 'd',
      label: 'detach: training continues in the background',
      run: () => this.#detach(),
    };
    const choices = [
      ...(canDetach(this.store.state.run) ? [detach] : []),
      { key: 'q', label: 'stop, save and quit', run: () => this.#saveThenLeave(EXIT.done) },
    ];
    this.store.set({ overlay: { kind: 'question', title: 'quit while training?', lines, choices } });
  }

  #detach(): void {
    const { run } = this.store.state;
    // It may have ended while the question was open.
    if (canDetach(run)) {
      this.engine.detach();
      this.store.set({ run: followedRun(run.start.path) });
    }
    this.leave(EXIT.done);
  }

  interrupt(): void {
    if (performance.now() - this.#interrupted < INSIST_MS) process.exit(EXIT.interrupted);
    this.#interrupted = performance.now();
    if (isActive(this.store.state.run)) this.#saveThenLeave(EXIT.interrupted);
    else this.leave(EXIT.interrupted);
  }

  #saveThenLeave(code: number): void {
    this.#saving = true;
    this.store.set({
      note: { text: 'stopping after this batch, then saving; press ^C twice to quit at once', kind: 'info' },
    });
    void this.engine.close().then(() => this.leave(code));
  }
}

/** Asks the engine about the GPU. */
function probe(store: Store<AppState>, engine: Engine): void {
  store.set({ machine: { status: 'loading', text: 'probing GPU…', since: Date.now() } });
  engine.request('machine.probe', {}).then(
    (value) => store.set({ machine: { status: 'ready', value } }),
    (error: Error) => store.set({ machine: { status: 'failed', message: error.message } }),
  );
}

const textOf = ({ text }: Painter): string => `${text.map((line) => plain(line).trimEnd()).join('\n')}\n`;

function saveText(painter: Painter): AppState['note'] {
  const path = `fer-tui-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.txt`;
  try {
    writeFileSync(path, textOf(painter));
    return { text: `screen saved as ${path}`, kind: 'good' };
  } catch (error) {
    return { text: `cannot save the screen: ${String(error)}`, kind: 'bad' };
  }
}
