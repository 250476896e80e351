import { listOf } from '../data/class_names.js';
import { ENDING_EXIT, onEnding } from '../util/endings.js';
import { EXIT, FerError } from '../util/errors.js';
import { printable } from '../util/printable.js';
import { roundBox } from '../vision/geometry.js';
import { VisionProcess } from '../vision/process.js';
import type { Face, FrameMessage, Message, Summary, VisionOptions } from '../vision/protocol.js';
import { TimeStats } from '../vision/time_stats.js';
import type { GlobalArgs } from './declarations/globals.js';
import { ProgressLine } from './progress_line.js';
import { markReported, writeJson } from './run_command.js';

/** The line for a frame without a face. Scripts may rely on its wording. */
const NO_FACE = 'No face found';

/** Output of a command that runs without a screen, and its exit code. */
export interface Lines {
  /** Describes a frame in a line of text. */
  plain(frame: FrameMessage): string;
  /** Describes a frame as JSON. @param classes in the order of the probabilities */
  json(frame: FrameMessage, classes: readonly string[]): unknown;
  /** The exit code at the end of the source. */
  exit(summary: Summary): number;
}

/**
 * Runs the vision process without a screen. It prints one line per frame on stdout, and messages on stderr. Signals and
 * a closed output stop it in the same way as the end of the source does: output files are complete.
 * @returns the exit code @throws FerError that the process reports
 */
export async function runLines(
  options: VisionOptions,
  { json, quiet }: GlobalArgs,
  lines: Lines,
): Promise<number> {
  const say = (text: string): void => void (quiet || process.stderr.write(`${printable(text)}\n`));
  const stats = new TimeStats();
  // Where lines scroll past, the progress of a file would only disturb.
  const progress = new ProgressLine(quiet || process.stdout.isTTY);
  let length = 0;
  let classes: readonly string[] = [];
  let start: object = {};
  let exit: number = EXIT.done;
  return new Promise((resolve, reject) => {
    const receive = (message: Message): void => {
      switch (message.type) {
        case 'opened': {
          const { name, width, height, fps, stills } = message.source;
          length = message.source.seconds ?? 0;
          start = {
            v: 1,
            type: 'start',
            source: message.source,
            drawn: message.drawn,
            normalise: options.normalise,
            tta: options.tta,
          };
          const rate = fps > 0 && !stills ? `, ${Number(fps.toFixed(2))} frames/s` : '';
          say(
            `${name}: ${width} x ${height}${rate}${message.drawn ? '; the boxes of these drawn faces are known, not detected' : ''}`,
          );
          if (options.record !== undefined) say(`● REC ${options.record}`);
          break;
        }
        case 'model':
          classes = message.classes;
          if (json) writeJson({ ...start, weights: message.weights, classes });
          say(`model ${message.name}: ${listOf(classes)}`);
          break;
        case 'frame':
          stats.add(message.ms);
          if (length > 0)
            progress.show(options.source.kind === 'images' ? 'images' : 'video', message.t, length);
          if (json) writeJson(lines.json(message, classes));
          else process.stdout.write(`${lines.plain(message)}\n`);
          break;
        case 'photo':
          say(`● photo saved: ${message.path}`);
          break;
        case 'unread':
          progress.close();
          process.stderr.write(`${message.message}\n`);
          if (json) writeJson({ type: 'unread', path: message.path, message: message.message });
          break;
        case 'note':
          say(message.text);
          if (json) writeJson({ type: 'note', text: message.text });
          break;
        case 'ended': {
          const { type: _, ...summary } = message;
          say(inWords(summary, stats));
          const status = exit === EXIT.done ? 'finished' : 'stopped';
          if (exit === EXIT.done) exit = lines.exit(summary);
          if (json) writeJson({ type: 'end', status, exit, ...summary, ms: stats.spread() });
          const code = exit;
          done(() => resolve(code));
          break;
        }
        case 'failed': {
          if (exit !== EXIT.done && stats.count === 0) {
            // The process was told to end before its first frame, and has done so.
            const code = exit;
            if (json) writeJson({ type: 'end', status: 'stopped', exit });
            done(() => resolve(code));
            break;
          }
          const error = new FerError(message.message, message.exit);
          if (json) {
            writeJson({ type: 'error', message: message.message, exit: message.exit });
            writeJson({ type: 'end', status: 'failed', exit: message.exit, ms: stats.spread() });
            markReported(error);
          }
          done(() => reject(error));
        }
      }
    };
    const ignore = onEnding((ending) => {
      exit = ENDING_EXIT[ending];
      vision.send({ type: 'stop' });
    });
    const done = (settle: () => void): void => {
      progress.close();
      ignore();
      void vision.close().then(settle);
    };
    const vision = new VisionProcess(options, receive);
  });
}

function inWords(
  { frames, dropped, seconds, without, unread, leftOut, record, csv }: Summary,
  stats: TimeStats,
): string {
  const { capture, detect, classify } = stats.spread();
  const ms = [capture, detect, classify].map(({ median }) => median.toFixed(1));
  const count = (n: number, what: string): string => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;
  return [
    `${count(frames, 'frame')} in ${seconds.toFixed(1)} s, ${(frames / seconds).toFixed(1)} frames/s`,
    `${count(without, 'frame')} without a face`,
    ...(unread === 0 ? [] : [`${count(unread, 'image')} not read`]),
    ...(leftOut === 0 ? [] : [`${count(leftOut, 'face')} more than --max-faces, not classified`]),
    `${dropped.toLocaleString('en')} dropped`,
    `median ms: capture ${ms[0]}, detect ${ms[1]}, classify ${ms[2]}`,
    ...(record === undefined ? [] : [`video ${record}`]),
    ...(csv === undefined ? [] : [`faces ${csv}`]),
  ].join('; ');
}

/** Describes a face as JSON: its box in whole pixels, and its probabilities by class name. */
export function faceJson({ track, box, label, probabilities }: Face, classes: readonly string[]): object {
  const byName = Object.fromEntries(
    probabilities.map((p, i) => [classes[i] ?? String(i), Number(p.toFixed(4))]),
  );
  return { track, box: roundBox(box), label, probabilities: byName };
}

/** Describes the faces of a frame in words. @param leftOut number of further ones that were not classified */
export function facesWords(faces: readonly Face[], leftOut: number): string {
  const found = faces.length === 0 ? NO_FACE : faces.map(faceWords).join('; ');
  return leftOut === 0 ? found : `${found}; ${leftOut} more not classified (--max-faces ${faces.length})`;
}

function faceWords({ box, label, probabilities }: Face): string {
  const { x, y, width, height } = roundBox(box);
  return `${label} ${Math.round(100 * Math.max(...probabilities))} % at ${x},${y} ${width}x${height}`;
}
