import { existsSync } from 'node:fs';
import { resolveConfig } from '../train/config.js';
import { OPTIONS, type OptionSpec } from '../train/options.js';
import { UsageError } from '../util/errors.js';

/** The settings of a run as a form: parsing, checking, and the command line that they stand for. */

export type FormValues = Readonly<Record<string, string | number | boolean>>;

export const FIELDS = Object.entries(OPTIONS as Record<string, OptionSpec>);

/** A field's value as text; what is not set has none. */
export function fieldText(name: string, values: FormValues): string {
  const value = values[name] ?? (OPTIONS as Record<string, OptionSpec>)[name]?.default;
  return value === undefined ? '' : String(value);
}

/** What a field takes: kind, range or choices, and its default. */
export function fieldHelp({ type, choices, range, integer, above, default: value }: OptionSpec): string[] {
  const kind =
    choices?.join(' · ') ??
    (type === 'number'
      ? `a ${integer ? 'whole ' : ''}number in ${above ? '(' : '['}${range?.join(', ') ?? ''}]`
      : type === 'boolean'
        ? 'true · false'
        : 'a text');
  return [`takes ${kind}`, `default: ${value === undefined ? 'not set' : String(value)}`];
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
  const spec = (OPTIONS as Record<string, OptionSpec>)[name];
  const value = spec && parsed(spec, text);
  const { [name]: _, ...rest } = values;
  return value === undefined || value === spec?.default ? rest : { ...rest, [name]: value };
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
