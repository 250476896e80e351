import { existsSync } from 'node:fs';
import { resolveConfig } from '../train/config.js';
import { OPTIMIZERS, type OptionSpec } from '../train/option_spec.js';
import { defaultText, expectedText } from '../train/option_text.js';
import { defaultValue, OPTION_ENTRIES, OPTIONS, optionSpec } from '../train/options.js';
import { unsetText } from '../train/unset_text.js';
import { camelCase } from '../util/camel_case.js';
import { UsageError } from '../util/errors.js';
import { shellWord } from '../util/shell_word.js';

/** The settings of a run as a form: parses and checks them, and shows the equivalent command line. */

export type FormValues = Readonly<Record<string, string | number | boolean>>;

/** Where the settings of a form come from. */
export interface FormBase {
  /** "recipe fer-vgg", "r3". */
  readonly name: string;
  readonly settings: FormValues;
}

/** The value of a field as text: as set, or its default; empty without either. */
export function fieldText(name: string, values: FormValues): string {
  return (values[name] ?? defaultOf(name, values))?.toString() ?? '';
}

/** The default of a field. For some fields, it depends on the chosen optimizer. */
function defaultOf(name: string, values: FormValues): OptionSpec['default'] {
  const chosen = OPTIMIZERS.find((optimizer) => optimizer === values['optimizer']);
  const spec = optionSpec(name);
  return spec && defaultValue(spec, chosen ?? OPTIONS.optimizer.default);
}

/** The effective value of a field: as set, or its default, or the words for an unset value, such as "off". */
export function effectiveText(name: string, values: FormValues): string {
  return fieldText(name, values) || unsetText(name, (other) => fieldText(other, values));
}

/** Describes the values that a field accepts, and its default with these settings. */
export function fieldHelp(name: string, spec: OptionSpec, values: FormValues): string[] {
  const { [name]: _, ...others } = values;
  return [`value: ${expectedText(spec)}`, `default: ${defaultText(spec) ?? effectiveText(name, others)}`];
}

/** Converts the typed text to the field's type. An empty text means "not set". */
function parsed(spec: OptionSpec, text: string): string | number | boolean | undefined {
  if (text === '') return undefined;
  if (spec.type === 'boolean') return text === 'true';
  const number = Number(text);
  return spec.type === 'number' && !Number.isNaN(number) ? number : text;
}

/** Returns the values with one of them changed. Typing the words for an unset value ("off") unsets the field. */
export function withValue(values: FormValues, name: string, text: string): FormValues {
  const spec = optionSpec(name);
  const { [name]: _, ...rest } = values;
  if (spec === undefined || text === effectiveText(name, rest)) return rest;
  const value = parsed(spec, text);
  return value === undefined || value === defaultOf(name, values) ? rest : { ...rest, [name]: value };
}

/** Why a run cannot start with these values; undefined if it can. The command line prints the same messages. */
export function formError(values: FormValues): string | undefined {
  try {
    const { data, init } = resolveConfig(values);
    const missing = [/^synthetic(:|$)/.test(data) ? undefined : data, init].find(
      (path) => path !== undefined && !existsSync(path),
    );
    return missing === undefined ? undefined : `${missing}: not found`;
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

/** The settings in the arguments of a command line, without those that equal their defaults. */
export function settingsIn(given: Readonly<Record<string, unknown>>): FormValues {
  return OPTION_ENTRIES.reduce<FormValues>((values, [name]) => {
    const value = given[name] ?? given[camelCase(name)];
    return value === undefined || value === null ? values : withValue(values, name, String(value));
  }, {});
}

/** The values of a field that has only a few; undefined for others. */
export function choicesOf(spec: OptionSpec): readonly string[] | undefined {
  return spec.choices ?? (spec.type === 'boolean' ? ['false', 'true'] : undefined);
}

/** Returns the values with a field at its next or previous choice; undefined if the field has no choices. */
export function turned(
  name: string,
  spec: OptionSpec,
  values: FormValues,
  step: number,
): FormValues | undefined {
  const choices = choicesOf(spec);
  if (choices === undefined) return undefined;
  const at = choices.indexOf(fieldText(name, values));
  return withValue(values, name, choices[(at + step + choices.length) % choices.length] as string);
}

/** The command line with the same settings. */
export function commandLine(values: FormValues): string {
  const words = Object.entries(values).map(([name, value]) =>
    typeof value === 'boolean' ? `--${value ? '' : 'no-'}${name}` : `--${name} ${shellWord(String(value))}`,
  );
  return ['fer-tui train', ...words].join(' ');
}
