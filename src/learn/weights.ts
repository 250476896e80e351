import type { Gpu } from '../gpu/device.js';
import { runOnce } from '../gpu/recorder.js';
import { adam, allState, type Optimizer, rmsprop, sgd } from '../nn/optimizers.js';
import { UsageError } from '../util/errors.js';
import type { Dissection } from './dissection.js';
import { ARITHMETIC } from './layers/all.js';
import type { Arithmetic, LayerValues, Term } from './layers/arithmetic.js';

/** What a central difference on the device says about a gradient. */
export interface Difference {
  /** How far the weight was moved, both ways. */
  readonly step: number;
  /** Mean loss with the weight moved up and down. */
  readonly above: number;
  readonly below: number;
  /** (above - below) / (2 step) */
  readonly numeric: number;
  /** |numeric - gradient| / the larger of the two. */
  readonly error: number;
  /**
   * Between the two losses: how many of all max pooling windows have another winner. Each of them is a kink in the loss,
   * which a difference sees and a gradient does not.
   */
  readonly winners: number;
  readonly windows: number;
  /**
   * The same through this layer alone: the sum of dy times the difference of the layer's outputs. No kink of a later layer
   * disturbs it.
   */
  readonly layer: { readonly numeric: number; readonly error: number };
}

/** One weight's update by one rule: values before, and after one step of its kernel. */
export interface RuleStep {
  readonly rule: string;
  readonly formula: string;
  /** The rule's state and intermediate values, in order. */
  readonly terms: readonly Term[];
  readonly before: number;
  readonly after: number;
  /** Whether it is the rule of this training, with its own state. The others start from zeros. */
  readonly own: boolean;
}

/** Everything about one weight of a step. */
export interface WeightReport {
  readonly weight: string;
  /** Row-major place in the array, and the same along each axis. */
  readonly index: number;
  readonly place: readonly number[];
  readonly value: number;
  /** How its gradient is made. */
  readonly gradient: Arithmetic;
  readonly difference: Difference;
  /** Gradient as the optimiser got it: with the penalties, clipped. */
  readonly given: number;
  readonly rules: readonly RuleStep[];
}

/** Distances that are tried, as shares of the size of the weight's array. */
const DISTANCES = [0.05, 0.02, 0.01, 0.005, 0.002];

/**
 * Explains one weight: the sum that is its gradient, the same by central differences, and its update by several rules.
 * @param index row-major place in the array; undefined: the one with the largest gradient
 * Throws UsageError for a weight that is unknown or has no gradient, and for an index out of range.
 */
export function explainWeight(dissection: Dissection, weight: string, index?: number): Promise<WeightReport> {
  return dissection.inTurn(async () => {
    const { source, learner } = dissection;
    const layer = source.network.layers.findIndex(({ weights }) =>
      weights.some(({ name }) => name === weight),
    );
    const placed = source.network.layers[layer];
    const arithmetic = placed && ARITHMETIC[placed.layer.kind];
    if (placed === undefined || arithmetic === undefined) {
      const known = source.network.weights.map(({ name }) => name);
      throw new UsageError(`no weight named ${weight}; expected one of ${known.join(', ')}`);
    }
    const values = await dissection.valuesOf(layer);
    const short = weight.slice(placed.name.length + 1);
    const gradients = values.gradients.get(short);
    if (gradients === undefined || arithmetic.weightGradient === undefined)
      throw new UsageError(`${weight} has no gradient: training does not change it`);
    const { data, shape } = dissection.weightBefore(weight);
    const at = index ?? largestOf(gradients.data);
    if (!Number.isInteger(at) || at < 0 || at >= data.length)
      throw new UsageError(`${weight}: index ${at}; expected a whole number from 0 to ${data.length - 1}`);
    const gradient = arithmetic.weightGradient(values, short, at);
    const difference = await centralDifference(dissection, weight, at, values, gradient.kernel);
    const { state, gradients: given } = await dissection.update();
    const g = given.get(weight)?.data[at] ?? Number.NaN;
    const own = source.options.optimizer ?? adam();
    const value = data[at] ?? Number.NaN;
    const before = Object.fromEntries(
      own.usedState.map((name) => [
        name,
        dissection.before.optimizer.get(`${name}/${weight}`)?.data[at] ?? 0,
      ]),
    );
    const after = Object.fromEntries(
      own.usedState.map((name) => [name, state.optimizer.get(`${name}/${weight}`)?.data[at] ?? 0]),
    );
    const t = dissection.before.stepCount + 1;
    const rate = dissection.before.learningRate;
    const ownStep: RuleStep = {
      ...ruleStep(own, { g, t, rate, before, after, weight: value }),
      ...{ after: state.weights.get(weight)?.data[at] ?? Number.NaN, own: true },
    };
    const others: RuleStep[] = [];
    for (const [name, optimizer] of otherRules(own)) {
      others.push({ ...(await tryRule(learner.gpu, optimizer, g, value)), rule: name });
    }
    return {
      ...{ weight, index: at, place: placeOf(at, shape), value, gradient, difference, given: g },
      rules: [ownStep, ...others],
    };
  });
}

/** The rules that every student meets, without the one that is in use. */
function otherRules(own: Optimizer): [string, Optimizer][] {
  const rules: [string, Optimizer][] = [
    ['SGD', sgd({ learningRate: 0.01 })],
    ['SGD with momentum 0.9', sgd({ learningRate: 0.01, momentum: 0.9 })],
    ['RMSprop', rmsprop()],
    ['Adam', adam()],
  ];
  return rules.filter(
    ([, { rule, usedState }]) => rule !== own.rule || usedState.length !== own.usedState.length,
  );
}

/** One step of a rule from zero state, by its kernel. */
async function tryRule(gpu: Gpu, optimizer: Optimizer, g: number, w: number): Promise<RuleStep> {
  const names = ['weight', 'gradient', 'step state'] as const;
  const [weight, gradient] = [Float32Array.of(w, 0, 0, 0), Float32Array.of(g, 0, 0, 0)].map((data, i) =>
    gpu.tensor(data, [4], names[i] ?? ''),
  ) as [ReturnType<Gpu['tensor']>, ReturnType<Gpu['tensor']>];
  const words = new Uint32Array(4);
  new Float32Array(words.buffer)[2] = optimizer.stepRate(1, optimizer.learningRate);
  const stepState = gpu.tensor(words, [4], 'step state');
  const state = Object.fromEntries(
    allState(optimizer).map((name) => [name, gpu.tensor(new Float32Array(4), [4], name)]),
  );
  try {
    return await runOnce(
      gpu,
      (rec) => optimizer.update(rec, { weight, gradient, stepState, state }),
      async () => {
        const after: Record<string, number> = {};
        for (const name of optimizer.usedState) {
          const tensor = state[name];
          if (tensor !== undefined) after[name] = (await gpu.read(tensor))[0] ?? 0;
        }
        const before = Object.fromEntries(optimizer.usedState.map((name) => [name, 0]));
        const now = (await gpu.read(weight))[0] ?? Number.NaN;
        const step = ruleStep(optimizer, { g, t: 1, rate: optimizer.learningRate, before, after, weight: w });
        return { ...step, after: now };
      },
    );
  } finally {
    for (const tensor of [weight, gradient, stepState, ...Object.values(state)]) gpu.free(tensor);
  }
}

/** The values that a rule's formula names. */
function ruleStep(
  optimizer: Optimizer,
  of: {
    g: number;
    t: number;
    rate: number;
    weight: number;
    before: Readonly<Record<string, number>>;
    after: Readonly<Record<string, number>>;
  },
): RuleStep {
  const { g, t, rate, before, after, weight } = of;
  const { rule, hyperparameters: h, usedState } = optimizer;
  const state = usedState.flatMap((name) => [
    { label: `${name} before`, value: before[name] ?? 0 },
    { label: `${name} after`, value: after[name] ?? 0 },
  ]);
  const common = [{ label: 'gradient g', value: g }, { label: 'learning rate', value: rate }, ...state];
  const shared = { before: weight, after: Number.NaN, own: false, rule };
  switch (rule) {
    case 'sgd':
      return h['momentum'] === 0
        ? { ...shared, formula: 'w ← w − lr · g', terms: common }
        : {
            ...shared,
            formula: 'v ← μ v − lr · g; w ← w + v',
            terms: [...common, { label: 'momentum μ', value: h['momentum'] ?? 0 }],
          };
    case 'rmsprop':
      return {
        ...shared,
        formula: 's ← ρ s + (1 − ρ) g²; w ← w − lr · g / √(s + ε)',
        terms: [...common, { label: 'ρ', value: h['rho'] ?? 0 }, { label: 'ε', value: h['epsilon'] ?? 0 }],
      };
    case 'adam': {
      const [beta1 = 0, beta2 = 0] = [h['beta1'], h['beta2']];
      return {
        ...shared,
        formula:
          'm ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; w ← w − lr · √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε)',
        terms: [
          ...common,
          { label: 'β₁', value: beta1 },
          { label: 'β₂', value: beta2 },
          { label: 'step t', value: t },
          {
            label: 'bias correction √(1 − β₂ᵗ) / (1 − β₁ᵗ)',
            value: Math.sqrt(1 - beta2 ** t) / (1 - beta1 ** t),
          },
          { label: 'ε', value: h['epsilon'] ?? 0 },
        ],
      };
    }
  }
}

/**
 * The central difference of the mean loss by one weight, measured on the device. Several distances are tried, because a short
 * one suffers from rounding and a long one from curvature and kinks. Of two neighbouring distances that agree best, the
 * longer one counts. Within a turn only.
 */
async function centralDifference(
  dissection: Dissection,
  name: string,
  index: number,
  values: LayerValues,
  gradient: number,
): Promise<Difference> {
  const { learner, observation, before } = dissection;
  const { gpu } = learner;
  const tensor = observation.weights.get(name)?.value;
  const record = observation.layers[values.index];
  // The sum of a convolution or dense layer is linear in the weight; its activation may have a kink.
  const output = (record?.inner.get('z') ?? record?.output)?.value;
  if (tensor === undefined || output === undefined) throw new UsageError(`no weight named ${name}`);
  const { data } = dissection.weightBefore(name);
  const size = Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length) || 1;
  const old = data[index] ?? 0;
  const errorOf = (numeric: number): number =>
    Math.abs(numeric - gradient) / Math.max(Math.abs(numeric), Math.abs(gradient), Number.MIN_VALUE);
  const argmaxes = observation.layers.flatMap(({ inner }) => inner.get('argmax')?.value ?? []);
  return dissection.withState(before, async () => {
    const lossWith = async (value: number): Promise<number> => {
      const moved = data.slice();
      moved[index] = value;
      gpu.write(tensor, moved);
      return observation.loss();
    };
    const tried: { up: number; down: number; numeric: number }[] = [];
    for (const share of DISTANCES) {
      // float32 rounds both values, so the step is measured between what they have become.
      const [up, down] = [Math.fround(old + share * size), Math.fround(old - share * size)];
      tried.push({ up, down, numeric: ((await lossWith(up)) - (await lossWith(down))) / (up - down) });
    }
    const gap = (i: number): number => Math.abs((tried[i]?.numeric ?? 0) - (tried[i + 1]?.numeric ?? 0));
    const places = tried.slice(0, -1).map((_, i) => i);
    const best = places.reduce((a, b) => (gap(b) < gap(a) ? b : a));
    const { up, down, numeric } = tried[best] as (typeof tried)[number];
    const seen = async (value: number) => {
      const loss = await lossWith(value);
      const winners: Uint32Array[] = [];
      for (const argmax of argmaxes) winners.push(await gpu.readU32(argmax));
      return { loss, y: await gpu.read(output), winners };
    };
    const [above, below] = [await seen(up), await seen(down)];
    const dy = (values.inner.get('dz') ?? values.dy)?.data ?? [];
    let through = 0;
    above.y.forEach((y, i) => {
      through += (dy[i] ?? 0) * (y - (below.y[i] ?? 0));
    });
    through /= up - down;
    return {
      ...{ step: (up - down) / 2, above: above.loss, below: below.loss, numeric, error: errorOf(numeric) },
      winners: above.winners.reduce(
        (n, own, k) => n + own.filter((w, i) => w !== below.winners[k]?.[i]).length,
        0,
      ),
      windows: argmaxes.reduce((n, { size: windows }) => n + windows, 0),
      layer: { numeric: through, error: errorOf(through) },
    };
  });
}

function largestOf(values: Float32Array): number {
  let best = 0;
  values.forEach((value, i) => {
    if (Math.abs(value) > Math.abs(values[best] as number)) best = i;
  });
  return best;
}

/** A row-major index along each axis. */
export function placeOf(index: number, shape: readonly number[]): number[] {
  let rest = index;
  return [...shape]
    .reverse()
    .map((extent) => {
      const at = rest % extent;
      rest = Math.floor(rest / extent);
      return at;
    })
    .reverse();
}
