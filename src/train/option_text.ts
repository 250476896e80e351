import { OPTIMIZERS, type OptionSpec } from './option_spec.js';
import { OPTION_ENTRIES } from './options.js';

/** The table of settings in words: for error messages, the form, docs/training.md and the JSON schema. */

/** What a setting takes: `a whole number in [1, 1024]`, `one of adam, rmsprop, sgd`. */
export function expectedText({ type, choices, range, integer, above }: OptionSpec): string {
  if (choices !== undefined) return `one of ${choices.join(', ')}`;
  if (type === 'boolean') return 'true or false';
  if (type === 'string') return 'one text';
  const kind = integer ? 'a whole number' : 'a number';
  return range === undefined ? kind : `${kind} in ${above ? '(' : '['}${range.join(', ')}]`;
}

/** The default of a setting, or undefined: `28`; of one that depends on the optimizer `0.001 (sgd: 0.01)`. */
export function defaultText({ default: value, defaultOf }: OptionSpec): string | undefined {
  if (defaultOf === undefined) return value?.toString();
  const [usual] = OPTIMIZERS;
  const others = OPTIMIZERS.filter((name) => defaultOf[name] !== defaultOf[usual]);
  return `${defaultOf[usual]} (${others.map((name) => `${name}: ${defaultOf[name]}`).join(', ')})`;
}

/** All settings as a Markdown table. */
export function optionTable(): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const rows = OPTION_ENTRIES.map(
    ([name, spec]) =>
      `| \`${name}\` | ${cell(spec.help)} | ${expectedText(spec)} | ${defaultText(spec) ?? ''} |`,
  );
  return ['| setting | meaning | takes | default |', '|---|---|---|---|', ...rows].join('\n');
}
