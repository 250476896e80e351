import { addressText, queueAddress, showsPassword } from '../../queue/address.js';
import { runWorker } from '../../queue/run_worker.js';
import type { TrialRecord } from '../../study/trial.js';
import { Control } from '../../train/control.js';
import { EXIT } from '../../util/errors.js';
import { printable } from '../../util/printable.js';
import type { GlobalArgs } from '../declarations/globals.js';
import type { WorkerArgs } from '../declarations/worker.js';
import { ProgressLine } from '../progress_line.js';
import { PASSWORD_SHOWS, speedText } from '../queue_lines.js';
import { writeJson } from '../run_command.js';
import { listen } from '../signals.js';
import { valuesText } from '../study_lines.js';

/** Milliseconds that the program gets to end by itself: the client of an unreachable server may keep it waiting. */
const PARTING_MS = 500;

/** `fer-tui worker`: trains trials of a queue until it is stopped. */
export async function worker(args: WorkerArgs & GlobalArgs): Promise<number> {
  const { queue, name, data, adapter, once, sync, lease, transferLimit, json, quiet } = args;
  const address = queueAddress(queue);
  const progress = new ProgressLine(quiet);
  const say = (message: string): void => {
    progress.close();
    if (json) writeJson({ type: 'note', message });
    if (!quiet) process.stderr.write(`${printable(message)}\n`);
  };
  if (showsPassword(queue)) say(PASSWORD_SHOWS);
  const control = new Control();
  let working = false;
  const ignore = listen(control, () =>
    working ? 'stopping after this batch; the trial goes to another worker' : 'stopping',
  );
  try {
    const ended = await runWorker(
      { address, name, data, adapter, once, sync, lease, limit: transferLimit },
      {
        ...{ control, say },
        onReady: (card) => {
          if (json) writeJson({ v: 1, type: 'ready', ...card });
          else say(`${card.name}: ${speedText(card)}; waiting for trials at ${addressText(address)}`);
        },
        onBegin: ({ number, until, values }) => {
          working = true;
          if (json) writeJson({ type: 'begin', trial: number, until, values });
          else say(`trial ${number}, up to epoch ${until}: ${valuesText(values)}`);
        },
        onEvent: ({ number, until }, event) => {
          if (event.type === 'epoch') progress.show(`trial ${number}`, event.epoch, until);
        },
        onEnd: (record) => {
          working = false;
          if (json) writeJson({ type: 'trial', ...record });
          else say(resultText(record));
        },
      },
    );
    if (ended === 'away') setTimeout(() => process.exit(), PARTING_MS).unref();
    return once && control.stopped === undefined ? EXIT.done : control.exit;
  } finally {
    progress.close();
    ignore();
  }
}

function resultText({ number, state, epochs, metric, error }: TrialRecord): string {
  const best = metric === null ? '' : `, best ${metric.toFixed(4)}`;
  const what = state === 'running' ? 'given back' : state;
  return `trial ${number}: ${what} after epoch ${epochs}${best}${error === undefined ? '' : `: ${error}`}`;
}
