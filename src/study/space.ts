import { checked } from '../train/config.js';
import { asGiven, knownOption, readYaml, settingsOf } from '../train/config_file.js';
import type { OptionSpec } from '../train/option_spec.js';
import { OPTION_ENTRIES } from '../train/options.js';
import { UsageError } from '../util/errors.js';
import { isMapping } from '../util/foreign.js';
import { nearest } from '../util/nearest.js';
import { type Domain, isRange, type RangeDomain, type Value, valuesOf } from './domain.js';
import type { Values } from './trial.js';

/** By name of another parameter: the values for which the condition holds. */
export type Condition = Readonly<Record<string, readonly Value[]>>;

/** A setting that differs from trial to trial. */
export interface Parameter {
  /** The name of the setting, as an option of `fer-tui train`. */
  readonly name: string;
  readonly domain: Domain;
  /** When the parameter is active; empty: always. */
  readonly when: Condition;
}

/**
 * The parameters of a study. A condition refers only to earlier parameters. Of several parameters with the same name, the first
 * active one counts.
 */
export interface Space {
  readonly parameters: readonly Parameter[];
}

/** The content of the file of a space. */
export interface SpaceFile {
  /** The settings that all trials share, by option name. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The parameters as written, for `parseSpace`. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Settings that cannot be searched: the study sets them, or all trials share them. */
export const NOT_SEARCHED = ['out', 'save-steps', 'adapter', 'kernel-check'];
/** Settings that trials cannot even share, because each trial has its own run folder. */
export const NOT_SHARED = ['out', 'save-steps'];

const FORMS =
  'a list like [16, 32], a range like {min: 0.001, max: 0.1, log: true}, or a list of these with "when"';
const RANGE_KEYS = ['min', 'max', 'log', 'step'];
const PARAMETER_KEYS = ['values', ...RANGE_KEYS, 'when'];

/**
 * Reads the file of a space: YAML or JSON with the key `space`, and `settings` for the settings that all trials share. Throws
 * UsageError when it cannot be read, or has other keys. `parseSpace` checks the parameters.
 */
export function readSpace(path: string): SpaceFile {
  const where = `space ${path}`;
  const file = readYaml(path, where);
  if (!isMapping(file)) throw new UsageError(`${where}: expected the keys "space" and "settings"`);
  for (const key of Object.keys(file)) {
    if (!['$schema', 'space', 'settings'].includes(key)) {
      const hint = OPTION_ENTRIES.some(([name]) => name === key)
        ? `put it under "space" if it differs from trial to trial, else under "settings"`
        : 'expected "space" and "settings"';
      throw new UsageError(`${where}: "${key}" does not belong here; ${hint}`);
    }
  }
  const { space, settings } = file;
  if (!isMapping(space) || Object.keys(space).length === 0) {
    throw new UsageError(`${where}: expected parameters under "space", like "l2: [0, 0.001]"`);
  }
  if (settings !== undefined && settings !== null && !isMapping(settings)) {
    throw new UsageError(`${where}: settings: expected settings like "epochs: 30", one a line`);
  }
  const shared = settingsOf(settings ?? {}, `${where}: settings`);
  return { settings: shared, parameters: space };
}

/**
 * Checks parameters against the table of settings.
 * @param parameters as written in the file: by name, a list, a range, or a list of these with conditions
 * @param settings the settings that all trials share
 * @param where begins the message of the UsageError that a bad parameter throws
 */
export function parseSpace(
  parameters: Readonly<Record<string, unknown>>,
  settings: Readonly<Record<string, unknown>>,
  where: string,
): Space {
  const parsed: Parameter[] = [];
  for (const [key, written] of Object.entries(parameters)) {
    const [name, spec] = knownOption(key, where);
    const at = `${where}: ${name}`;
    if (NOT_SEARCHED.includes(name)) throw new UsageError(`${at}: the study sets it, or all trials share it`);
    if (parsed.some((parameter) => parameter.name === name)) throw new UsageError(`${at}: given twice`);
    const forms = Array.isArray(written) && written.some(isMapping) ? written : [written];
    const fits = optimizersOf(name, spec, parsed, settings, at);
    const added = forms.map((form: unknown): Parameter => {
      const when = isMapping(form) ? conditionOf(form['when'], parsed, at) : {};
      return { name, domain: domainOf(form, name, spec, at), when: { ...fits, ...when } };
    });
    if (added.slice(0, -1).some(({ when }) => Object.keys(when).length === 0)) {
      throw new UsageError(`${at}: only the last of several forms may go without "when"`);
    }
    parsed.push(...added);
  }
  return { parameters: parsed };
}

/** The values of a trial: `choose` returns the value of each parameter that is active, given the values before it. */
export function assign(space: Space, choose: (parameter: Parameter, index: number) => Value): Values {
  const values: Record<string, Value> = {};
  space.parameters.forEach((parameter, index) => {
    if (isActive(parameter, values)) values[parameter.name] = choose(parameter, index);
  });
  return values;
}

/** All settings of a space in order, the last parameter changing first. Throws RangeError for a continuous range. */
export function* pointsOf({ parameters }: Space): Generator<Values> {
  yield* pointsFrom(parameters, {});
}

function* pointsFrom([parameter, ...others]: readonly Parameter[], values: Values): Generator<Values> {
  if (parameter === undefined) yield values;
  else if (!isActive(parameter, values)) yield* pointsFrom(others, values);
  else {
    const { name, domain } = parameter;
    const all = valuesOf(domain);
    if (all === undefined) throw new RangeError(`${name}: a continuous range has no list of values`);
    for (const value of all) yield* pointsFrom(others, { ...values, [name]: value });
  }
}

/**
 * The first parameter that prevents a grid search; undefined if there is none. A range needs a step. A log scale of whole numbers
 * has no step, because equal factors do not give whole numbers.
 */
function notInGrid({ parameters }: Space): Parameter | undefined {
  return parameters.find(({ domain }) => isRange(domain) && (domain.log || domain.step === undefined));
}

/** Whether a space can be searched as a grid. */
export const isGrid = (space: Space): boolean => notInGrid(space) === undefined;

/** Throws UsageError unless a space can be searched as a grid. */
export function checkGrid(space: Space): void {
  const bad = notInGrid(space);
  if (bad === undefined) return;
  throw new UsageError(
    `${bad.name}: a grid needs a list of values, or a range with a step and without a log scale; or try --method random`,
  );
}

/** How many different trials a space has; Infinity for one with a continuous range, or with more than `most`. */
export function sizeOf(space: Space, most = 100_000): number {
  if (space.parameters.some(({ domain }) => valuesOf(domain) === undefined)) return Number.POSITIVE_INFINITY;
  let size = 0;
  for (const _ of pointsOf(space)) if (++size > most) return Number.POSITIVE_INFINITY;
  return size;
}

/** Whether a parameter is active, given the values of the parameters before it. */
function isActive({ name, when }: Parameter, values: Values): boolean {
  if (name in values) return false;
  return Object.entries(when).every(([other, allowed]) => allowed.some((value) => value === values[other]));
}

/** The condition that a setting of some optimizers implies. Throws UsageError when the study uses none of these optimizers. */
function optimizersOf(
  name: string,
  { only }: OptionSpec,
  before: readonly Parameter[],
  settings: Readonly<Record<string, unknown>>,
  at: string,
): Condition {
  if (only === undefined) return {};
  const searched = before.find((parameter) => parameter.name === 'optimizer');
  const given = searched ? (valuesOf(searched.domain) ?? []) : [settings['optimizer'] ?? 'adam'];
  const having = only.filter((optimizer) => given.includes(optimizer));
  if (having.length === 0) {
    const hint = searched ? 'add one to it' : 'set one, or put "optimizer" before it';
    throw new UsageError(
      `${at}: only ${only.join(' and ')} ${only.length === 1 ? 'has' : 'have'} ${name}; ${hint}`,
    );
  }
  return searched && having.length < given.length ? { optimizer: having } : {};
}

function conditionOf(when: unknown, before: readonly Parameter[], at: string): Condition {
  if (when === undefined) return {};
  if (!isMapping(when)) throw new UsageError(`${at}: when: expected a condition like {optimizer: sgd}`);
  const entries = Object.entries(when).map(([key, wanted]) => {
    const others = before.filter(({ name }) => name === key);
    if (others.length === 0) {
      const near = nearest(
        key,
        before.map(({ name }) => name),
      );
      const hint =
        near === undefined ? 'conditions name a parameter that comes before' : `did you mean "${near}"?`;
      throw new UsageError(`${at}: when: no parameter "${key}" before this one; ${hint}`);
    }
    const known = others.flatMap(({ domain }) => {
      if (isRange(domain))
        throw new UsageError(`${at}: when: "${key}" is a range; expected a parameter with a list`);
      return domain.values;
    });
    const [, spec] = knownOption(key, at);
    const allowed = (Array.isArray(wanted) ? wanted : [wanted]).map((value: unknown) => {
      const same = known.find((one) => one === asGiven(spec, value));
      if (same === undefined)
        throw new UsageError(
          `${at}: when: "${key}" is never ${String(value)}; expected one of ${known.join(', ')}`,
        );
      return same;
    });
    return [key, allowed] as const;
  });
  return Object.fromEntries(entries);
}

function domainOf(form: unknown, name: string, spec: OptionSpec, at: string): Domain {
  if (Array.isArray(form)) return listOf(form, name, spec, at);
  if (!isMapping(form)) throw new UsageError(`${at} = ${String(form)}: expected ${FORMS}`);
  for (const key of Object.keys(form)) {
    if (PARAMETER_KEYS.includes(key)) continue;
    const near = nearest(key, PARAMETER_KEYS);
    const hint = near === undefined ? `expected ${PARAMETER_KEYS.join(', ')}` : `did you mean "${near}"?`;
    throw new UsageError(`${at}: unknown key "${key}"; ${hint}`);
  }
  if (!('values' in form)) return rangeOf(form, name, spec, at);
  const extra = RANGE_KEYS.find((key) => key in form);
  if (extra !== undefined) throw new UsageError(`${at}: "values" and "${extra}" exclude each other`);
  if (!Array.isArray(form['values'])) throw new UsageError(`${at}: values: expected a list`);
  return listOf(form['values'], name, spec, at);
}

function listOf(list: readonly unknown[], name: string, spec: OptionSpec, at: string): Domain {
  const values = list.map((written) => {
    const value = asGiven(spec, written);
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      throw new UsageError(`${at}: ${JSON.stringify(written)} is no value; expected ${FORMS}`);
    }
    return accepted(name, spec, value, at);
  });
  if (values.length === 0) throw new UsageError(`${at}: an empty list; expected at least one value`);
  const twice = values.find((value, i) => values.indexOf(value) < i);
  if (twice !== undefined) throw new UsageError(`${at}: ${String(twice)} is in the list twice`);
  return { values };
}

function rangeOf(
  form: Readonly<Record<string, unknown>>,
  name: string,
  spec: OptionSpec,
  at: string,
): RangeDomain {
  if (spec.type !== 'number') throw new UsageError(`${at}: is no number; expected a list of values`);
  const number = (key: string): number => {
    const value = form[key];
    if (typeof value !== 'number')
      throw new UsageError(`${at}: ${key}: expected a number, as in {min: 1, max: 9}`);
    return value;
  };
  const [min, max] = [number('min'), number('max')];
  for (const end of [min, max]) accepted(name, spec, end, at);
  if (!(min < max)) throw new UsageError(`${at}: min ${min} is not below max ${max}`);

  const { log = false } = form;
  if (typeof log !== 'boolean') throw new UsageError(`${at}: log: expected true or false`);
  if (log && min <= 0) throw new UsageError(`${at}: a log scale needs a min above 0; 0 can be one of a list`);

  const step = 'step' in form ? number('step') : spec.integer ? 1 : undefined;
  if (step === undefined) return { min, max, log, step };
  if (!(step > 0)) throw new UsageError(`${at}: step ${step}: expected a number above 0`);
  if (spec.integer && !Number.isInteger(step))
    throw new UsageError(`${at}: step ${step}: expected a whole number`);
  if (log && 'step' in form) throw new UsageError(`${at}: a log scale has no step`);
  // The last value that the steps reach, free of rounding errors.
  const steps = Math.floor((max - min) / step + 1e-9);
  if (steps === 0) throw new UsageError(`${at}: step ${step} is larger than the range`);
  return { min, max: Number((min + steps * step).toPrecision(12)), log, step };
}

/** @returns the value. Throws UsageError if it is not valid for the setting. */
function accepted<T extends Value>(name: string, spec: OptionSpec, value: T, at: string): T {
  try {
    checked(name, spec, value);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    // The message begins with the name of the setting, with which `at` ends.
    throw new UsageError(`${at.slice(0, at.length - name.length)}${error.message}`, { cause: error });
  }
  return value;
}
