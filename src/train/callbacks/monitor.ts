/** The metrics of an epoch that callbacks can monitor: training means, and those of the validation. */
export const MONITORS = ['val_loss', 'val_acc', 'val_macro_f1', 'loss', 'acc'] as const;
/** A number of an epoch, by Keras's name. */
export type Monitor = (typeof MONITORS)[number];

/** `auto`: larger is better for accuracies and F1, smaller is better for losses. */
export const MODES = ['auto', 'min', 'max'] as const;
/** Whether a smaller or a larger number is better; `auto` decides by the name. */
export type MonitorMode = (typeof MODES)[number];

/** The metrics of one epoch, with Keras's names. Those of the validation are missing without validation images. */
export type EpochLogs = Readonly<Partial<Record<Monitor, number>>>;

/** What to watch. */
export interface MonitorOptions {
  /** Default val_loss. */
  readonly monitor?: Monitor;
  /** Default auto. */
  readonly mode?: MonitorMode;
}

/** Whether `value` improves on `best` by more than `minDelta`. If `best` is null, any number does, but not NaN. */
export function improves(
  value: number,
  best: number | null,
  { monitor, mode, minDelta = 0 }: Required<MonitorOptions> & { readonly minDelta?: number },
): boolean {
  if (best === null) return !Number.isNaN(value);
  const largerIsBetter = mode === 'max' || (mode === 'auto' && !monitor.endsWith('loss'));
  const delta = Math.abs(minDelta);
  return largerIsBetter ? value - delta > best : value + delta < best;
}
