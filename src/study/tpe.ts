import type { Monitor } from '../train/callbacks/monitor.js';
import { Rng } from '../util/random.js';
import type { Value } from './domain.js';
import { estimatorOf } from './parzen.js';
import { keyOf, randomSampler } from './point_samplers.js';
import { comparableEpochs, hasReached, ranked, scoreAt } from './score.js';
import { assign, type Space } from './space.js';
import type { Sampler, TrialRecord, Values } from './trial.js';

/** Number of trials with known results before the estimators are used. Until then, trials are random. */
const STARTUP = 10;
/** The share of the trials that count as good (the paper's gamma), and their largest number. */
const GOOD_SHARE = 0.15;
const MOST_GOOD = 25;
/** Values that are drawn for each parameter, to take the most promising. */
const CANDIDATES = 24;
/** One in this many trials is random, so that every part of the space can still be drawn. */
const RANDOM_EVERY = 4;
/** Number of draws in search of settings that no trial has. */
const ATTEMPTS = 20;

/**
 * The tree-structured Parzen estimator (Bergstra et al. 2011, Algorithms for hyper-parameter optimization). It divides the trials
 * into the good and the others, estimates the density of each parameter in both groups, draws some values from the density of the
 * good trials, and takes the one with the largest ratio of the two densities. Each parameter is estimated independently, and only
 * from trials in which it was active.
 *
 * Trials that are being trained count among the others (a constant liar, Ginsbourger et al. 2010), so that trials that begin at
 * the same time differ; so do failed ones. Under a pruner, trials are compared after as many epochs as enough of them have, as in
 * BOHB (Falkner et al. 2018), which is also the source of the share of random trials.
 */
export function tpeSampler(space: Space, seed: number, objective: Monitor): Sampler {
  const random = randomSampler(space, seed);
  return {
    suggest: (number, history) => {
      const seen = new Set(history.map(({ values }) => keyOf(values)));
      const groups = divided(history, objective);
      if (groups !== undefined && number % RANDOM_EVERY !== 0) {
        const rng = new Rng(seed, number);
        const draw = promising(space, groups, rng);
        for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
          const values = draw();
          if (!seen.has(keyOf(values))) return values;
        }
      }
      for (let n = 1; ; n++) {
        const values = random.suggest(n, history);
        if (values === undefined || !seen.has(keyOf(values))) return values;
      }
    },
  };
}

interface Groups {
  readonly good: readonly Values[];
  readonly others: readonly Values[];
}

/** The good trials and the others; undefined while too few have results. */
function divided(history: readonly TrialRecord[], objective: Monitor): Groups | undefined {
  const epochs = comparableEpochs(history, STARTUP);
  if (epochs === undefined) return undefined;
  const known = history.filter((trial) => hasReached(trial, epochs));
  const order = ranked(known, objective, epochs);
  const scored = order.filter((trial) => scoreAt(trial, epochs, objective) > Number.NEGATIVE_INFINITY).length;
  if (scored === 0) return undefined;
  const count = Math.min(Math.ceil(GOOD_SHARE * order.length), MOST_GOOD, scored);
  const running = history.filter((trial) => trial.state === 'running' && !hasReached(trial, epochs));
  const valuesOf = (trials: readonly TrialRecord[]): Values[] => trials.map(({ values }) => values);
  return { good: valuesOf(order.slice(0, count)), others: valuesOf([...order.slice(count), ...running]) };
}

/** A function that draws promising settings, again and again. */
function promising(space: Space, { good, others }: Groups, rng: Rng): () => Values {
  const [inGood, inOthers] = [good, others].map((group) => observedIn(space, group));
  const estimators = space.parameters.map(({ domain }, i) => ({
    good: estimatorOf(domain, inGood?.[i] ?? []),
    others: estimatorOf(domain, inOthers?.[i] ?? []),
  }));
  return () =>
    assign(space, (_, i) => {
      let [best, most]: [Value | undefined, number] = [undefined, Number.NEGATIVE_INFINITY];
      const pair = estimators[i];
      if (pair === undefined) throw new RangeError(`no parameter ${i}`);
      for (let n = 0; n < CANDIDATES || best === undefined; n++) {
        const value = pair.good.sample(rng);
        const ratio = pair.good.density(value) / pair.others.density(value);
        if (ratio > most) [best, most] = [value, ratio];
      }
      return best;
    });
}

/** The values that each parameter had in the trials in which it was active. */
function observedIn(space: Space, trials: readonly Values[]): Value[][] {
  const observed: Value[][] = space.parameters.map(() => []);
  for (const values of trials) {
    assign(space, ({ name }, i) => {
      const value = values[name];
      if (value === undefined) throw new RangeError(`a trial of another space: it has no ${name}`);
      observed[i]?.push(value);
      return value;
    });
  }
  return observed;
}
