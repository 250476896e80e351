import { join } from 'node:path';
import type { Load } from '../engine/load.js';
import { clockAfter } from '../train/elapsed.js';
import { readLog } from '../train/event_log.js';
import type {
  EndEvent,
  EpochEvent,
  ErrorEvent,
  NoteEvent,
  ResultEvent,
  StartEvent,
  StepEvent,
  TrainEvent,
  ValidationNumbers,
} from '../train/events.js';
import { LogTail } from '../train/log_tail.js';
import type { Marker } from './charts/line_chart.js';
import { Curve } from './curve.js';

/** What a run is doing. `lost`: its process ended without an `end` event. */
export type Phase =
  | 'starting'
  | 'compiling'
  | 'training'
  | 'paused'
  | 'stopping'
  | 'done'
  | 'failed'
  | 'lost';

/** A line in the list of events. */
export interface RunEvent {
  /** Milliseconds of `Date.now`; undefined if the log does not say. */
  readonly at: number | undefined;
  readonly sign: string;
  readonly text: string;
  readonly kind: 'info' | 'good' | 'bad';
}

/**
 * A run as its events describe it, live or read from its log. The curves are shared and grow in place; everything else is
 * replaced when it changes.
 */
export interface RunState {
  readonly phase: Phase;
  /** When it was begun here, in milliseconds of `Date.now`. */
  readonly begun: number;
  /** When its process last sent anything, in milliseconds of `Date.now`. */
  readonly heard: number;
  /** The load that the engine puts on the machine; undefined unless this program's engine trains. */
  readonly load?: Load | undefined;
  /** Whether its events come from this program's engine; otherwise it was read from its log. */
  readonly live: boolean;
  readonly start: StartEvent | undefined;
  readonly step: StepEvent | undefined;
  /** The latest learning rate; undefined: that of the settings. */
  readonly rate: number | undefined;
  /** The learning rate that the user has requested; undefined once the training has reported it. */
  readonly requestedRate: number | undefined;
  readonly loss: Curve;
  readonly acc: Curve;
  /** The learning rate, and images per second, of each step that was reported. */
  readonly rates: Curve;
  readonly speed: Curve;
  /** The norm of the gradient, where it was measured. */
  readonly norms: Curve;
  /** Each once, in order. */
  readonly epochs: readonly EpochEvent[];
  /** The latest validation. */
  readonly validation: Validation | undefined;
  /** Validations that the user requested between those of the epochs, in order. */
  readonly asides: readonly Validation[];
  readonly markers: readonly Marker[];
  /** The latest last. */
  readonly events: readonly RunEvent[];
  /** The activity before or between steps, such as compiling, and its progress. */
  readonly progress: RunProgress | undefined;
  /** Seconds on its training clock; undefined: the log is of an older version. */
  readonly seconds: number | undefined;
  readonly result: ResultEvent | undefined;
  readonly error: ErrorEvent | undefined;
  readonly end: EndEvent | undefined;
  /** Whether the user has killed its process. */
  readonly killed: boolean;
  /** The log that another process is writing; undefined: none does, or the run is live here. */
  readonly tail: LogTail | undefined;
}

/** The progress of an activity that takes a while. */
export interface RunProgress {
  readonly text: string;
  readonly done: number;
  readonly total: number;
  /** The kind of activity, and when it began, in milliseconds of `Date.now`; undefined if read from a log. */
  readonly kind?: string;
  readonly since?: number | undefined;
}

/** The next progress; it keeps the beginning of the last one if the activity is the same. */
export function progressOf(
  before: RunProgress | undefined,
  next: Omit<RunProgress, 'since'>,
  now: number | undefined,
): RunProgress {
  return { ...next, since: before !== undefined && before.kind === next.kind ? before.since : now };
}

/** A validation, and where on the axis of epochs it was made. */
export interface Validation {
  readonly numbers: ValidationNumbers;
  readonly at: number;
}

/** How many events are kept. */
const KEPT_EVENTS = 200;

export function beginRun(now: number, live = true): RunState {
  return {
    ...{ phase: 'starting', begun: now, heard: now, live, loss: new Curve(), acc: new Curve() },
    ...{ rates: new Curve(), speed: new Curve(), norms: new Curve() },
    ...{
      start: undefined,
      step: undefined,
      ...{ rate: undefined, requestedRate: undefined },
      epochs: [],
      ...{ validation: undefined, asides: [] },
      markers: [],
      events: [],
    },
    ...{ progress: undefined, result: undefined, error: undefined, end: undefined, killed: false },
    seconds: undefined,
    tail: undefined,
  };
}

/** Reads a run that does not train here from its log; from a damaged log, the events before the damage. */
export function readRunState(path: string, now = Date.now()): RunState {
  return readLog(join(path, 'events.ndjson')).events.reduce(
    (run, event) => applyEvent(run, event, undefined),
    beginRun(now, false),
  );
}

/** A run as its log describes it so far. */
const soFar = (tail: LogTail, now: number): RunState =>
  tail.read().reduce((before, event) => applyEvent(before, event, undefined), beginRun(now, false));

/** A run that another process trains, as its log describes it so far. `grown` adds what is appended later. */
export function followedRun(path: string, now = Date.now()): RunState {
  const tail = new LogTail(join(path, 'events.ndjson'));
  const run = soFar(tail, now);
  // If the log ends with an `end` event, that is the previous session's: the present one has not written yet.
  return {
    ...run,
    tail,
    ...(run.end !== undefined && { end: undefined, result: undefined, phase: 'starting' }),
  };
}

/** A followed run with the events appended to its log since. @param going whether its process still runs */
export function grown(run: RunState, going: boolean, now: number): RunState {
  if (run.tail === undefined) return run;
  const next = run.tail.read().reduce((before, event) => applyEvent(before, event, now), run);
  if (next.end !== undefined) return { ...next, tail: undefined };
  if (going) return next;
  // The end may have been in the log before: its process was about to leave the folder when following began.
  const whole = soFar(new LogTail(run.tail.path), now);
  if (whole.end !== undefined) return whole;
  return { ...loseRun(next, 'its process is gone', now), tail: undefined };
}

/** The state of a run that is about to be resumed: with its curves, but without how it ended. */
export function reopened(run: RunState, now: number): RunState {
  const fresh = {
    phase: 'starting',
    begun: now,
    heard: now,
    live: true,
    killed: false,
    requestedRate: undefined,
  } as const;
  return {
    ...run,
    ...fresh,
    tail: undefined,
    result: undefined,
    error: undefined,
    end: undefined,
    progress: undefined,
  };
}

/** @param now milliseconds of `Date.now` for what happens now; undefined when read back */
export function applyEvent(run: RunState, event: TrainEvent, now: number | undefined): RunState {
  const heard = { ...run, heard: now ?? run.heard, seconds: clockAfter(run.seconds, event) };
  switch (event.type) {
    case 'start':
      return happen(
        // A new session: forget how the previous one ended.
        { ...heard, start: event, phase: 'starting', end: undefined, result: undefined, error: undefined },
        now,
        '●',
        `${event.model} on ${event.data.name}`,
      );
    case 'step':
      return stepped(heard, event);
    case 'epoch':
      return epochEnded(heard, event, now);
    case 'validation': {
      const at = event.step / (run.start?.stepsPerEpoch ?? 1);
      const validation = { numbers: event.val, at };
      const text = `validated: ${(100 * event.val.acc).toFixed(1)} %`;
      return happen(
        { ...heard, validation, asides: [...heard.asides, validation], progress: undefined },
        now,
        '✓',
        text,
      );
    }
    case 'note':
      return noted(heard, event, now);
    case 'result':
      return { ...heard, result: event };
    case 'error':
      return happen({ ...heard, error: event }, now, '✗', event.message, 'bad');
    case 'end': {
      const phase = event.status === 'failed' ? 'failed' : 'done';
      const ended = { ...heard, end: event, phase, progress: undefined, requestedRate: undefined } as const;
      return happen(
        ended,
        now,
        phase === 'done' ? '✓' : '✗',
        event.status,
        phase === 'done' ? 'good' : 'bad',
      );
    }
  }
}

/** The engine's process ended without an `end` event, or because the user killed it. */
export function loseRun(run: RunState, how: string, now: number): RunState {
  const lost = { ...run, phase: 'lost', progress: undefined } as const;
  return run.killed
    ? happen(lost, now, '✗', 'you killed the engine')
    : happen(lost, now, '✗', `the engine ended: ${how}`, 'bad');
}

/** Whether this program's engine trains the run, or is paused or about to start. */
export function isActive(run: RunState | undefined): run is RunState {
  return run?.live === true && !['done', 'failed', 'lost'].includes(run.phase);
}

/** Whether the run is in progress, here or in another process. */
export function isGoing(run: RunState | undefined): run is RunState {
  return run?.tail !== undefined || isActive(run);
}

function stepped(run: RunState, event: StepEvent): RunState {
  const x = event.epoch - 1 + event.stepInEpoch / event.of;
  run.loss.add(x, event.loss);
  run.acc.add(x, event.acc);
  run.rates.add(x, event.lr);
  if (event.gradientNorm !== undefined) run.norms.add(x, event.gradientNorm);
  if (event.imgPerS > 0) run.speed.add(x, event.imgPerS);
  const phase = run.phase === 'starting' || run.phase === 'compiling' ? 'training' : run.phase;
  return { ...run, step: event, rate: event.lr, phase, progress: undefined };
}

function epochEnded(run: RunState, event: EpochEvent, now: number | undefined): RunState {
  const epochs = [...run.epochs.filter(({ epoch }) => epoch < event.epoch), event];
  const validation = event.val && { numbers: event.val, at: event.epoch };
  const val = event.val === undefined ? '' : `, val ${(100 * event.val.acc).toFixed(1)} %`;
  const best = event.best ? ' (best so far, saved)' : '';
  const text = `epoch ${event.epoch}: loss ${event.train.loss.toFixed(3)}${val}${best}`;
  const at = now ?? Date.parse(event.t);
  const { step } = run;
  const last = event.steps === undefined ? event.epoch * (step?.of ?? 0) : undefined;
  const next = {
    ...run,
    step: trainedTo(step, last),
    epochs,
    validation: validation ?? run.validation,
    progress: undefined,
  };
  return happen(next, at, event.best ? '✓' : '●', text, event.best ? 'good' : 'info');
}

/** What was reported of a step, at a later step that was trained but not reported: not every one is. */
function trainedTo(reported: StepEvent | undefined, step: number | undefined): StepEvent | undefined {
  if (reported === undefined || step === undefined || step <= reported.step) return reported;
  const epoch = Math.ceil(step / reported.of);
  return { ...reported, epoch, step, stepInEpoch: step - (epoch - 1) * reported.of };
}

/** Signs that mark notes in the list of events, and some of them on the charts. */
const SIGNS: Partial<Record<NoteEvent['kind'], string>> = { lr: '▼', pause: '‖', continue: '▸', resume: '↺' };

function noted(run: RunState, event: NoteEvent, now: number | undefined): RunState {
  const { kind, message, progress, step } = event;
  if (progress !== undefined) {
    const phase = kind === 'compile' && run.phase === 'starting' ? 'compiling' : run.phase;
    return { ...run, phase, progress: progressOf(run.progress, { text: message, kind, ...progress }, now) };
  }
  const stepsPerEpoch = run.start?.stepsPerEpoch ?? 1;
  const x = step === undefined ? lastX(run) : step / stepsPerEpoch;
  if (kind === 'resume') {
    for (const curve of [run.loss, run.acc, run.rates, run.speed, run.norms]) curve.cutAfter(x);
  }
  const asides = kind === 'resume' ? run.asides.filter(({ at }) => at <= x) : run.asides;
  const phases: Partial<Record<NoteEvent['kind'], Phase>> = {
    pause: 'paused',
    continue: 'training',
    stopping: 'stopping',
  };
  const sign = SIGNS[kind] ?? '●';
  const marked = ['lr', 'pause'].includes(kind) ? [...run.markers, { x, sign }] : run.markers;
  const { lr } = event;
  const requestedRate = run.requestedRate === lr ? undefined : run.requestedRate;
  const rates = lr === undefined ? {} : { rate: lr, requestedRate };
  const phase = phases[kind] ?? run.phase;
  return happen(
    {
      ...run,
      ...rates,
      step: trainedTo(run.step, step),
      asides,
      markers: marked,
      phase,
      progress: undefined,
    },
    now,
    sign,
    message,
  );
}

function lastX(run: RunState): number {
  const { step } = run;
  return step === undefined ? 0 : step.epoch - 1 + step.stepInEpoch / step.of;
}

function happen(
  run: RunState,
  at: number | undefined,
  sign: string,
  text: string,
  kind: RunEvent['kind'] = 'info',
): RunState {
  return { ...run, events: [...run.events.slice(1 - KEPT_EVENTS), { at, sign, text, kind }] };
}
