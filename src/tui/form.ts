import { existsSync } from 'node:fs';
import { resolveConfig } from '../train/config.js';
import { defaultText, expectedText } from '../train/option_text.js';
import { defaultValue, OPTIMIZERS, OPTIONS, type OptionSpec, optionSpec } from '../train/options.js';
import { UsageError } from '../util/errors.js';

/** The settings of a run as a form: parsing, checking, and the command line that they stand for. */

export type FormValues = Readonly<Record<string, string | number | boolean>>;

/** A field's value as text; what is not set has none. */
export function fieldText(name: string, values: FormValues): string {
  return (values[name] ?? defaultOf(name, values))?.toString() ?? '';
}

/** What a field is when nobody set it; of some, this depends on the optimizer. */
function defaultOf(name: string, values: FormValues): OptionSpec['default'] {
  const chosen = OPTIMIZERS.find((optimizer) => optimizer === values['optimizer']);
  const spec = optionSpec(name);
  return spec && defaultValue(spec, chosen ?? OPTIONS.optimizer.default);
}

/** What a field takes, and its default. */
export function fieldHelp(spec: OptionSpec): string[] {
  return [`takes ${expectedText(spec)}`, `default: ${defaultText(spec) ?? 'not set'}`];
}

/** What was typed, as the field's type; empty is "not set". */
function parsed(spec: OptionSpec, text: string): string | number | boolean | undefined {
  if (text === '') return undefined;
  if (spec.type === 'boolean') return text === 'true';
  const number = Number(text);
  return spec.type === 'number' && !Number.isNaN(number) ? number : text;
}

/** The values with one of them changed. */
export function withValue(values: FormValues, name: string, text: string): FormValues {
  const spec = optionSpec(name);
  const value = spec && parsed(spec, text);
  const { [name]: _, ...rest } = values;
  return value === undefined || value === defaultOf(name, values) ? rest : { ...rest, [name]: value };
}

/** Why a run cannot be begun with these values, if so: the words of the command line. */
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

/** The next or previous choice of a field that has choices; undefined for others. */
export function turned(
  name: string,
  spec: OptionSpec,
  values: FormValues,
  step: number,
): FormValues | undefined {
  const choices = spec.choices ?? (spec.type === 'boolean' ? ['false', 'true'] : undefined);
  if (choices === undefined) return undefined;
  const at = choices.indexOf(fieldText(name, values));
  return withValue(values, name, choices[(at + step + choices.length) % choices.length] as string);
}

/** The same settings as a command line. */
export function commandLine(values: FormValues): string {
  const words = Object.entries(values).map(([name, value]) =>
    typeof value === 'boolean' ? `--${value ? '' : 'no-'}${name}` : `--${name} ${value}`,
  );
  return ['fer-tui train', ...words].join(' ');
}
