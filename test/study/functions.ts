import type { Domain } from '../../src/study/domain.js';
import type { Space } from '../../src/study/space.js';
import type { Sampler, TrialRecord, Values } from '../../src/study/trial.js';

/** Published functions with known minima, as studies of one epoch with the objective `loss`. */
export interface Problem {
  readonly space: Space;
  readonly f: (values: Values) => number;
  readonly minimum: number;
}

const range = (min: number, max: number, log = false): Domain => ({ min, max, log, step: undefined });
const parameter = (name: string, domain: Domain, when = {}) => ({ name, domain, when });
const numbers = (values: Values): number[] => Object.values(values).map(Number);

/** Branin (1972). Minimum at (-pi, 12.275), (pi, 2.275) and (9.42478, 2.475). */
export const branin: Problem = {
  space: { parameters: [parameter('x', range(-5, 10)), parameter('y', range(0, 15))] },
  minimum: 0.397887,
  f: (values) => {
    const [x = 0, y = 0] = numbers(values);
    const curve = y - (5.1 / (4 * Math.PI ** 2)) * x * x + (5 / Math.PI) * x - 6;
    return curve ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10;
  },
};

const A = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
];
const P = [
  [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
  [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
  [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
  [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
];

/** The six-dimensional function of Hartman (1973), as in Dixon & Szego (1978). */
export const hartmann6: Problem = {
  space: { parameters: [1, 2, 3, 4, 5, 6].map((i) => parameter(`x${i}`, range(0, 1))) },
  minimum: -3.32237,
  f: (values) => {
    const x = numbers(values);
    return -[1, 1.2, 3, 3.2].reduce((sum, alpha, i) => {
      const power = x.reduce((s, xj, j) => s + (A[i]?.[j] ?? 0) * (xj - (P[i]?.[j] ?? 0)) ** 2, 0);
      return sum + alpha * Math.exp(-power);
    }, 0);
  },
};

/** Two branches with parameters of their own, as of optimizers; the best one is narrower than the others. */
export const branches: Problem = {
  space: {
    parameters: [
      parameter('optimizer', { values: ['adam', 'sgd', 'rmsprop'] }),
      parameter('lr', range(1e-5, 1, true)),
      parameter('momentum', range(0, 1), { optimizer: ['sgd'] }),
    ],
  },
  minimum: 0,
  f: ({ optimizer, lr, momentum }) => {
    const decades = Math.log10(Number(lr));
    if (optimizer === 'sgd') return (decades + 1.5) ** 2 + 5 * (Number(momentum) - 0.9) ** 2;
    return 2 + 0.2 * (decades + 3) ** 2;
  },
};

export const trialOf = (number: number, values: Values, curve: readonly number[]): TrialRecord => ({
  ...{ number, values, curve, epochs: curve.length, until: curve.length, state: 'complete', seconds: 1 },
  ...{ metric: curve[0] ?? null, run: '' },
});

/** Runs a study one trial after another. @returns its trials */
export function minimise({ f }: Problem, sampler: Sampler, trials: number): TrialRecord[] {
  const history: TrialRecord[] = [];
  for (let number = 1; number <= trials; number++) {
    const values = sampler.suggest(number, history);
    if (values === undefined) break;
    history.push(trialOf(number, values, [f(values)]));
  }
  return history;
}

/** The distance of the best trial from the minimum. */
export const regret = ({ minimum }: Problem, trials: readonly TrialRecord[]): number =>
  Math.min(...trials.map(({ curve }) => curve[0] ?? Number.POSITIVE_INFINITY)) - minimum;
