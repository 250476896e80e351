import { join } from 'node:path';
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
import type { Marker } from './charts/line_chart.js';
import { Curve } from './curve.js';

/** What a run is doing. `lost`: its process ended without a word. */
export type Phase =
  | 'starting'
  | 'compiling'
  | 'training'
  | 'paused'
  | 'stopping'
  | 'done'
  | 'failed'
  | 'lost';

/** A line in the list of what happened. */
export interface Happening {
  /** Milliseconds of `Date.now`; undefined when the log does not tell. */
  readonly at: number | undefined;
  readonly sign: string;
  readonly text: string;
  readonly kind: 'info' | 'good' | 'bad';
}

/**
 * A run as its events tell it, live or read back from the disk. The curves are shared and grow in place; everything else
 * is replaced when it changes.
 */
export interface RunState {
  readonly phase: Phase;
  /** Milliseconds of `Date.now`: when it was begun here; of the latest sign of life. */
  readonly begun: number;
  readonly heard: number;
  /** Whether its events come from an engine of ours; else it was read from the disk. */
  readonly live: boolean;
  readonly start: StartEvent | undefined;
  readonly step: StepEvent | undefined;
  /** The latest learning rate; undefined: as the settings have it. */
  readonly rate: number | undefined;
  readonly loss: Curve;
  readonly acc: Curve;
  /** Each once, in order. */
  readonly epochs: readonly EpochEvent[];
  /** The latest validation, and where on the axis of epochs it was made. */
  readonly validation: { readonly numbers: ValidationNumbers; readonly at: number } | undefined;
  readonly markers: readonly Marker[];
  /** The latest last. */
  readonly happened: readonly Happening[];
  /** What is going on before and between steps, such as compiling. */
  readonly progress: { readonly text: string; readonly done: number; readonly total: number } | undefined;
  readonly result: ResultEvent | undefined;
  readonly error: ErrorEvent | undefined;
  readonly end: EndEvent | undefined;
  /** Seconds of training before this sitting. */
  readonly secondsBefore: number;
}

/** Lines kept of what happened. */
const HAPPENINGS = 200;

export function beginRun(now: number, live = true): RunState {
  return {
    ...{ phase: 'starting', begun: now, heard: now, live, loss: new Curve(), acc: new Curve() },
    ...{
      start: undefined,
      step: undefined,
      rate: undefined,
      epochs: [],
      validation: undefined,
      markers: [],
      happened: [],
    },
    ...{ progress: undefined, result: undefined, error: undefined, end: undefined, secondsBefore: 0 },
  };
}

/** A run that is not going on here, from its log; of a damaged one, what comes before the damage. */
export function readRunState(path: string, now = Date.now()): RunState {
  return readLog(join(path, 'events.ndjson')).events.reduce(
    (run, event) => applyEvent(run, event, undefined),
    beginRun(now, false),
  );
}

/** The run before it is taken up again: its curves, but nothing of how it ended. */
export function reopened(run: RunState, now: number): RunState {
  const secondsBefore = run.epochs.reduce((sum, { seconds }) => sum + seconds, 0);
  const fresh = { phase: 'starting', begun: now, heard: now, live: true, secondsBefore } as const;
  return { ...run, ...fresh, result: undefined, error: undefined, end: undefined, progress: undefined };
}

/** @param now milliseconds of `Date.now` for what happens now; undefined when read back */
export function applyEvent(run: RunState, event: TrainEvent, now: number | undefined): RunState {
  const heard = now === undefined ? run : { ...run, heard: now };
  switch (event.type) {
    case 'start':
      return happen(
        { ...heard, start: event, phase: 'starting' },
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
      const text = `validated: ${(100 * event.val.acc).toFixed(1)} %`;
      return happen(
        { ...heard, validation: { numbers: event.val, at }, progress: undefined },
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
      const ended = { ...heard, end: event, phase, progress: undefined } as const;
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

/** The engine's process ended without a word. */
export function loseRun(run: RunState, how: string, now: number): RunState {
  return happen({ ...run, phase: 'lost', progress: undefined }, now, '✗', `the engine ended: ${how}`, 'bad');
}

/** Whether training goes on, or could. */
export function isActive(run: RunState | undefined): run is RunState {
  return run?.live === true && !['done', 'failed', 'lost'].includes(run.phase);
}

function stepped(run: RunState, event: StepEvent): RunState {
  const x = event.epoch - 1 + event.stepInEpoch / event.of;
  run.loss.add(x, event.loss);
  run.acc.add(x, event.acc);
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
  const next = { ...run, epochs, validation: validation ?? run.validation, progress: undefined };
  return happen(next, at, event.best ? '✓' : '●', text, event.best ? 'good' : 'info');
}

/** Signs of what is marked on the charts. */
const SIGNS: Partial<Record<NoteEvent['kind'], string>> = { lr: '▼', pause: '‖', continue: '▸', resume: '↺' };

function noted(run: RunState, event: NoteEvent, now: number | undefined): RunState {
  const { kind, message, progress, step } = event;
  if (progress !== undefined) {
    const phase = kind === 'compile' && run.phase === 'starting' ? 'compiling' : run.phase;
    return { ...run, phase, progress: { text: message, ...progress } };
  }
  const stepsPerEpoch = run.start?.stepsPerEpoch ?? 1;
  const x = step === undefined ? lastX(run) : step / stepsPerEpoch;
  if (kind === 'resume') {
    run.loss.cutAfter(x);
    run.acc.cutAfter(x);
  }
  const phases: Partial<Record<NoteEvent['kind'], Phase>> = {
    pause: 'paused',
    continue: 'training',
    stopping: 'stopping',
  };
  const sign = SIGNS[kind] ?? '●';
  const marked = ['lr', 'pause'].includes(kind) ? [...run.markers, { x, sign }] : run.markers;
  return happen(
    { ...run, markers: marked, phase: phases[kind] ?? run.phase, progress: undefined },
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
  kind: Happening['kind'] = 'info',
): RunState {
  return { ...run, happened: [...run.happened.slice(1 - HAPPENINGS), { at, sign, text, kind }] };
}
