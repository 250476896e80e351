/**
 * Learning-rate schedules. Each gives a factor of `--lr` that depends only on the progress of the training, so a resumed
 * run continues exactly. During warm-up the factor rises linearly to 1; the schedule follows.
 *   constant      1
 *   step          gamma ^ floor(epoch / stepEpochs)
 *   exponential   gamma ^ epoch, continuously
 *   cosine        half a cosine from 1 to `final` (Loshchilov & Hutter 2016, without restarts)
 *   one-cycle     from 1 / 25 up to 1 in the first 30 %, then down to `final`, both along cosines (Smith & Topin 2017,
 *                 as PyTorch's OneCycleLR)
 *   cosine-cycles half a cosine from 1 to `final`, again and again, `cycles` times in all (Huang et al. 2017)
 */
export const SCHEDULES = ['constant', 'step', 'exponential', 'cosine', 'one-cycle', 'cosine-cycles'] as const;
/** The form of a learning-rate schedule. */
export type ScheduleName = (typeof SCHEDULES)[number];

/** A learning-rate schedule. */
export interface ScheduleOptions {
  /** Its form. */
  readonly name: ScheduleName;
  /** Epochs of the whole training. */
  readonly epochs: number;
  /** Steps of an epoch. */
  readonly stepsPerEpoch: number;
  /** Default 0. */
  readonly warmupEpochs?: number;
  /** Of step and exponential; default 0.5 and 0.95. */
  readonly gamma?: number;
  /** Of step; default 10. */
  readonly stepEpochs?: number;
  /** Of cosine-cycles; default 5. */
  readonly cycles?: number;
  /** Of cosine, cosine-cycles and one-cycle, as a factor of the rate; default 0, 0 and 1e-4. */
  readonly final?: number;
}

/** Decay factors by default. */
export const GAMMA = { step: 0.5, exponential: 0.95 };
/** Epochs of a step by default. */
export const STEP_EPOCHS = 10;
/** Cycles of cosine-cycles by default. */
export const CYCLES = 5;
/** The form of one-cycle by default. */
export const ONE_CYCLE = { start: 1 / 25, rise: 0.3, final: 1e-4 };

/**
 * The factor of the learning rate.
 * @param epoch progress of the training in epochs, fractions included: 0 at the first step
 */
export function scheduleFactor(options: ScheduleOptions, epoch: number): number {
  const { name, epochs, stepsPerEpoch, warmupEpochs = 0 } = options;
  // The factor of the first step is already above 0.
  if (epoch < warmupEpochs) return Math.min(1, (epoch + 1 / stepsPerEpoch) / warmupEpochs);
  const since = epoch - warmupEpochs;
  const done = Math.min(1, since / Math.max(epochs - warmupEpochs, Number.EPSILON));
  switch (name) {
    case 'constant':
      return 1;
    case 'step':
      return (options.gamma ?? GAMMA.step) ** Math.floor(since / (options.stepEpochs ?? STEP_EPOCHS));
    case 'exponential':
      return (options.gamma ?? GAMMA.exponential) ** since;
    case 'cosine':
      return between(1, options.final ?? 0, done);
    case 'cosine-cycles':
      // In this order, the first step of a cycle is exactly at its start.
      return between(
        1,
        options.final ?? 0,
        ((since * (options.cycles ?? CYCLES)) / (epochs - warmupEpochs)) % 1,
      );
    case 'one-cycle': {
      const { start, rise } = ONE_CYCLE;
      return done < rise
        ? between(start, 1, done / rise)
        : between(1, options.final ?? ONE_CYCLE.final, (done - rise) / (1 - rise));
    }
  }
}

/** Half a cosine from `a` at t = 0 to `b` at t = 1. */
function between(a: number, b: number, share: number): number {
  return b + (a - b) * 0.5 * (1 + Math.cos(Math.PI * share));
}
