import { SILENCE_MS } from '../engine/protocol.js';
import { trainedSeconds } from '../train/elapsed.js';
import { isActive, type Phase, type RunState } from './run_state.js';

/** Describes the state of a run in the words that all screens use. */

const WORDS: Record<Phase, string> = {
  starting: 'STARTING',
  compiling: 'COMPILING',
  training: 'TRAINING',
  paused: '‖ PAUSED',
  stopping: 'STOPPING',
  done: 'DONE',
  failed: '✗ FAILED',
  lost: '✗ ENGINE ENDED',
};

export function phaseWord({ phase, end, live, killed, tail }: RunState): string {
  if (tail !== undefined) return `${WORDS[phase]} ELSEWHERE`;
  if (phase === 'lost' && killed) return '✗ KILLED';
  if (phase === 'done' && end !== undefined) return end.status.toUpperCase();
  return live || phase === 'failed' ? WORDS[phase] : 'FROM LOG';
}

/** Seconds of training, without pauses; the same live and read from the log. */
export function secondsOf({ seconds, epochs, step, start }: RunState): number {
  return trainedSeconds({ seconds, epochs, step, config: start?.config });
}

/** The learning rate of the next step: as requested, or as in the last step, or as in the settings. */
export function rateOf({ requestedRate, rate, start }: RunState): number | undefined {
  const set = start?.config['lr'];
  return requestedRate ?? rate ?? (typeof set === 'number' ? set : undefined);
}

/** The parts of the title row that describe a run. */
export function runTitle(run: RunState): string[] {
  const { start, step, epochs } = run;
  if (start === undefined) return [phaseWord(run)];
  const epoch = Math.max(step?.epoch ?? 0, epochs.at(-1)?.epoch ?? 0);
  return [`${start.run} ${start.model}`, `${phaseWord(run)} ep ${epoch}/${start.of}`];
}

/** Seconds since the last message from the engine of an active run; undefined unless it counts as silent. */
export function silentSeconds(run: RunState | undefined, now: number): number | undefined {
  if (!isActive(run) || now - run.heard < SILENCE_MS) return undefined;
  return Math.round((now - run.heard) / 1000);
}

/** `1:02:03`, `12:05` or `0:07`. */
export function clock(seconds: number): string {
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  const two = (n: number): string => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Images per second; "—" until it has been measured. */
export function rate(imgPerS: number | undefined): string {
  return imgPerS ? `${Math.round(imgPerS).toLocaleString('en')} img/s` : '— img/s';
}
