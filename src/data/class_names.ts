import {
  CLASS_NAMES,
  CSV_CLASS_NAMES,
  classKey,
  EXPRESSION_WORDS,
  expressionOf,
  isSeven,
} from '../util/classes.js';
import { DataError, UsageError } from '../util/errors.js';
import { nearest } from '../util/nearest.js';
import { printable } from '../util/printable.js';

/**
 * How a source's own words for its classes, the names of folders or the labels of a CSV, become class names. Words for the
 * expressions become their usual names (`happiness`: Happy), numbers need `--classes`, any other word is a name already.
 * Classes are in alphabetical order, so that those of FER-2013 keep theirs.
 */

/** Most classes of a data set. */
const MOST = 1000;

/** What `--classes` says: names in the order of the numbers, or `word=Name` pairs. */
export type ClassesOption =
  | { readonly names: readonly string[]; readonly csv: boolean }
  | { readonly pairs: ReadonlyMap<string, string> };

/**
 * Reads `--classes`: `csv` for the order of fer2013.csv, `a,b,c`, or `colere=Angry,joie=Happy`.
 * Throws UsageError.
 */
export function parseClasses(text: string): ClassesOption {
  if (text.trim().toLowerCase() === 'csv') return { names: CSV_CLASS_NAMES, csv: true };
  const words = text.split(',').map((word) => word.trim());
  const fail = (what: string): never => {
    throw new UsageError(
      `classes = ${printable(text)}: ${what}; expected "csv", names like a,b,c, or pairs like colere=Angry,joie=Happy`,
    );
  };
  if (words.some((word) => word.includes('='))) {
    const pairs = words.map((word) => {
      const at = word.lastIndexOf('=');
      const [own, name] = [word.slice(0, at).trim(), word.slice(at + 1).trim()];
      if (at < 0 || own === '' || name === '') return fail(`"${printable(word)}" is not a pair`);
      return [wordKey(own), classNameOf(name)] as const;
    });
    return { pairs: new Map(pairs) };
  }
  if (words.includes('')) return fail('a name is empty');
  const names = words.map(classNameOf);
  const keys = names.map(classKey);
  const double = names.find((_, i) => keys.indexOf(keys[i] as string) !== i);
  if (double !== undefined) return fail(`${double} is named twice`);
  if (names.length < 2 || names.length > MOST)
    return fail(`${names.length} names, where 2 to ${MOST} are possible`);
  return { names, csv: false };
}

/** The name of the class that a source's word stands for. A number before an expression (`01_angry`) does not count. */
export function classNameOf(word: string): string {
  const bare = /^\d+[\s._-]+(.+)$/.exec(word.trim())?.[1];
  return (
    expressionOf(word) ??
    (bare === undefined ? undefined : expressionOf(bare)) ??
    printable(word.trim().normalize('NFC'))
  );
}

/** The classes of a source. */
export interface Naming {
  /** In alphabetical order. */
  readonly classes: readonly string[];
  /** The index in `classes` of each word; a word that `--classes` leaves out is not there. */
  readonly labels: ReadonlyMap<string, number>;
  /** Whether the user or the format names all classes: then a split may lack some. */
  readonly listed: boolean;
  /** How the names were chosen, as sentences for the user. */
  readonly notes: readonly string[];
}

/** What the numbers of fer2013.csv mean. */
export const CSV_NAMES = new Map(CSV_CLASS_NAMES.map((name, i) => [String(i), name] as const));

/** The labels of fer2013.csv: 0 Angry, 1 Disgust, 2 Fear, 3 Happy, 4 Sad, 5 Surprise, 6 Neutral. */
export const CSV_NAMING: Naming = {
  classes: CLASS_NAMES,
  labels: new Map([...CSV_NAMES].map(([number, name]) => [number, CLASS_NAMES.indexOf(name)])),
  listed: true,
  notes: [],
};

/** Words that are the names of the seven expressions. */
export const SEVEN_NAMING: Naming = {
  ...CSV_NAMING,
  labels: new Map(CLASS_NAMES.map((name, label) => [name, label])),
};

/** Where words come from. */
export interface Words {
  /** All of them. */
  readonly words: readonly string[];
  /** Name of the source, for messages. */
  readonly source: string;
  /** Names one of them in messages: `folder train/0`. */
  readonly where: (word: string) => string;
  /** The names that the format gives to words which are numbers; default: none. A list of some of these names chooses among them. */
  readonly known?: ReadonlyMap<string, string>;
}

/** How `--classes` is applied to the words. */
export interface NamingOptions {
  readonly classes?: ClassesOption | undefined;
  /** Whether a list of names also chooses among words that are names already; default true. */
  readonly choose?: boolean | undefined;
}

/**
 * Names the classes of a source. Throws DataError for numbers that nothing names and for more than 1,000 classes, UsageError for
 * `--classes` that does not suit the words.
 */
export function nameClasses(from: Words, { classes: option, choose = true }: NamingOptions): Naming {
  const numbers = from.words.filter(isNumber);
  if (option !== undefined && 'pairs' in option) return namedByPairs(from, option.pairs);
  if (numbers.length === 0) {
    if (option === undefined || !choose) return namedByWords(from);
    return chosen(from, option.names);
  }
  if (option === undefined || numbers.length < from.words.length) throw unnamed(from, numbers);
  const { known } = from;
  if (choose && known !== undefined && isPart(option.names, from.words, known))
    return chosen(from, option.names, (word) => known.get(word) as string);
  return namedByNumber(from, option);
}

/** Whether `--classes` names some of the classes of these words, all of which the format names. */
function isPart(
  listed: readonly string[],
  words: readonly string[],
  known: ReadonlyMap<string, string>,
): boolean {
  const names = words.map((word) => known.get(word));
  return (
    listed.length < words.length &&
    names.every((name) => name !== undefined) &&
    listed.every((name) => names.includes(name))
  );
}

/** Whether a word consists only of a number. */
export const isNumber = (word: string): boolean => /^\d{1,9}$/.test(word.trim());

/** The form in which words are compared: case and the encoding of accents make no difference. */
const wordKey = (word: string): string => word.trim().normalize('NFC').toLowerCase();

function unnamed({ words, source, where }: Words, [first = '']: readonly string[]): DataError {
  const mixed = words.length > words.filter(isNumber).length;
  const way = mixed
    ? 'name it with --classes, e.g. --classes 0=Angry'
    : 'name the numbers with --classes: csv for the order of fer2013.csv (Angry, Disgust, Fear, Happy, Sad, Surprise, Neutral), or a,b,c,... in the order of the numbers';
  return new DataError(`${source}: ${printable(where(first))} is a number, which names no class; ${way}`);
}

/** Sorts and numbers the names of words. @param names for each word its name; undefined: left out */
function naming(
  { source }: Pick<Words, 'source'>,
  names: ReadonlyMap<string, string | undefined>,
  others: { readonly listed?: readonly string[]; readonly notes?: readonly string[] } = {},
): Naming {
  const byKey = new Map<string, string>();
  for (const name of [...(others.listed ?? []), ...names.values()]) {
    if (name !== undefined && !byKey.has(classKey(name))) byKey.set(classKey(name), name);
  }
  const keys = [...byKey.keys()].sort();
  if (keys.length > MOST) {
    throw new DataError(
      `${source}: ${keys.length} classes; expected 2 to ${MOST}: is this a data set with a folder or label for each class?`,
    );
  }
  const labels = [...names].flatMap(([word, name]) =>
    name === undefined ? [] : [[word, keys.indexOf(classKey(name))] as const],
  );
  return {
    classes: keys.map((key) => byKey.get(key) as string),
    labels: new Map(labels),
    listed: others.listed !== undefined,
    notes: others.notes ?? [],
  };
}

function namedByWords(from: Words): Naming {
  const found = naming(from, new Map(from.words.map((word) => [word, classNameOf(word)])));
  return { ...found, notes: strangeNote(found.classes) };
}

/** Notes on classes other than the seven expressions, and on those whose name may be misspelt. */
function strangeNote(classes: readonly string[]): string[] {
  if (isSeven(classes)) return [];
  return [[`${countOf(classes)}: ${listOf(classes)}`, ...slipsOf(classes)].join('; ')];
}

/** Asks about names that resemble an expression, if the data also have other expressions. */
export function slipsOf(classes: readonly string[]): string[] {
  const known = classes.filter((name) => expressionOf(name) !== undefined);
  return classes.flatMap((name) => {
    const word =
      known.length < 2 || known.includes(name) ? undefined : nearest(name.toLowerCase(), EXPRESSION_WORDS);
    const meant = word === undefined ? undefined : expressionOf(word);
    return meant === undefined
      ? []
      : [`is ${name} meant as ${meant}? Then rename it, or give --classes ${name}=${meant}`];
  });
}

/** How many classes there are. */
export const countOf = ({ length }: readonly string[]): string =>
  length === 1 ? '1 class' : `${length} classes`;

/** Names for a message, the first twelve of them. */
export const listOf = (names: readonly string[]): string =>
  names.length <= 12 ? names.join(', ') : `${names.slice(0, 12).join(', ')}, ... (${names.length})`;

function namedByPairs(from: Words, pairs: ReadonlyMap<string, string>): Naming {
  const keys = new Set(from.words.map(wordKey));
  const strange = [...pairs.keys()].filter((key) => !keys.has(key));
  if (strange.length > 0) {
    throw new UsageError(
      `classes: ${from.source} has no ${listOf(strange.map(printable))}; it has ${listOf(from.words.map(printable))}`,
    );
  }
  const left = from.words.filter((word) => isNumber(word) && !pairs.has(wordKey(word)));
  if (left.length > 0) throw unnamed(from, left);
  const names = new Map(from.words.map((word) => [word, pairs.get(wordKey(word)) ?? classNameOf(word)]));
  const found = naming(from, names);
  return { ...found, notes: [`${countOf(found.classes)}: ${listOf(found.classes)}`] };
}

function namedByNumber(from: Words, { names, csv }: { names: readonly string[]; csv: boolean }): Naming {
  const numbers = [...new Set(from.words.map(Number))].sort((a, b) => a - b);
  const byValue = csv && numbers.every((number) => number < names.length);
  if (!byValue && numbers.length !== names.length) {
    throw new UsageError(
      `classes: ${names.length} names for the ${numbers.length} numbers ${listOf(numbers.map(String))} in ${from.source}; expected as many, or pairs like 0=Angry`,
    );
  }
  const nameOf = (number: number): string => names[byValue ? number : numbers.indexOf(number)] as string;
  const note = `classes by number: ${listOf(numbers.map((number) => `${number} ${nameOf(number)}`))}`;
  return naming(from, new Map(from.words.map((word) => [word, nameOf(Number(word))])), {
    ...{ listed: numbers.map(nameOf), notes: [note] },
  });
}

/** The classes that a list names: others are left out, and those without a word have no images. */
function chosen(from: Words, listed: readonly string[], nameOf = classNameOf): Naming {
  const keys = new Set(listed.map(classKey));
  const names = new Map(from.words.map((word) => [word, nameOf(word)]));
  const found = new Set([...names.values()].map(classKey));
  const absent = listed.filter((name) => !found.has(classKey(name)));
  const left = from.words.filter((word) => !keys.has(classKey(names.get(word) as string)));
  if (absent.length > 0 && left.length > 0) {
    throw new UsageError(
      `classes: ${from.source} has no ${listOf(absent)}; it has ${listOf(from.words.map(printable))}: name classes that it has, or use pairs like ${printable(left[0] ?? '')}=${absent[0]}`,
    );
  }
  const kept = new Map(from.words.map((word) => [word, left.includes(word) ? undefined : names.get(word)]));
  const notes = [
    ...(absent.length > 0 ? [`no images of ${listOf(absent)}, which --classes names`] : []),
    ...(left.length > 0
      ? [
          `left out, as --classes does not name them: ${listOf(left.map((word) => printable(names.get(word) as string)))}`,
        ]
      : []),
  ];
  return naming(from, kept, { listed, notes });
}
