import { scaleOver, ticks } from '../util/axis.js';
import type { Value } from './domain.js';
import type { TrialRecord } from './trial.js';

/** The axis of a chart for the values of a setting; positions are from 0 to 1. */
export interface ParameterAxis {
  readonly name: string;
  readonly log: boolean;
  place(value: Value): number;
  /** The labels of the axis. */
  readonly marks: readonly { readonly place: number; readonly text: string }[];
}

/** A scale is logarithmic if the ratio of the largest to the smallest number is at least this. */
const WIDE = 50;
/** Most labels of an axis. */
const MARKS = 4;

/** An axis for each setting in which the trials differ. Numbers lie on a scale; other values are evenly spaced. */
export function parameterAxes(trials: readonly TrialRecord[]): ParameterAxis[] {
  const names = [...new Set(trials.flatMap(({ values }) => Object.keys(values)))];
  return names.flatMap((name) => {
    const used = [...new Set(trials.flatMap(({ values }) => values[name] ?? []))];
    const numbers = used.filter((value) => typeof value === 'number');
    if (used.length < 2) return [];
    return numbers.length === used.length ? [numberAxis(name, numbers)] : [wordAxis(name, used)];
  });
}

function numberAxis(name: string, numbers: readonly number[]): ParameterAxis {
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const log = low > 0 && high / low >= WIDE;
  const scale = scaleOver([low, high], { log });
  const decades = Math.log10(high / low);
  const round = log
    ? Array.from({ length: Math.ceil(decades) + 1 }, (_, i) => 10 ** (Math.ceil(Math.log10(low) - 1e-9) + i))
    : ticks(low, high, MARKS);
  const step = Math.ceil(round.length / MARKS);
  const marks = round.filter((mark, i) => i % step === 0 && mark <= high * (1 + 1e-9));
  return {
    ...{ name, log },
    place: (value) => scale.place(Number(value)),
    marks: marks.map((mark) => ({ place: scale.place(mark), text: numberText(mark) })),
  };
}

function wordAxis(name: string, used: readonly Value[]): ParameterAxis {
  const words = used.map(String).sort();
  const place = (value: Value): number => (words.indexOf(String(value)) + 0.5) / words.length;
  return { name, log: false, place, marks: words.map((text) => ({ place: place(text), text })) };
}

/** A number as settings are written: `0.001`, `1e-5`, `64`. */
function numberText(value: number): string {
  const plain = String(Number(value.toPrecision(6)));
  return plain.length <= 7 ? plain : Number(value.toPrecision(2)).toExponential();
}
