import { camelCase } from '../util/camel_case.js';
import { FerError } from '../util/errors.js';
import { shellWord } from '../util/shell_word.js';
import { recorded } from './assemble.js';
import { resolveConfig } from './config.js';
import { OPTION_ENTRIES } from './options.js';

type Settings = Readonly<Record<string, unknown>>;

/** A setting of a run beside its default. */
export interface RunSetting {
  /** As on the command line: `label-smoothing`. */
  readonly name: string;
  readonly value: unknown;
  /** What the run would have had without it; undefined where nothing is. */
  readonly default: unknown;
  /** Whether this version has no such setting. */
  readonly unknown: boolean;
}

/** Settings about the place of a run, not about its training. */
const LEFT_OUT = ['out'];

/**
 * The settings of a run in the order of `fer-tui train --help`, and behind them those that this version does not know.
 * @param config as in config.json
 */
export function settingsOf(config: Settings): RunSetting[] {
  const defaults = defaultsFor(config);
  const known = OPTION_ENTRIES.filter(([name]) => !LEFT_OUT.includes(name)).map(([name]) => {
    const key = camelCase(name);
    return { name, value: config[key] ?? undefined, default: defaults[key], unknown: false };
  });
  const keys = new Set(OPTION_ENTRIES.map(([name]) => camelCase(name)));
  const others = Object.entries(config).filter(([key]) => !keys.has(key));
  return [
    ...known.filter((setting) => setting.value !== undefined || setting.default !== undefined),
    ...others.map(([name, value]) => ({ name, value, default: undefined, unknown: true })),
  ];
}

/** What config.json holds where only the network and the optimizer are chosen: they decide about other defaults. */
function defaultsFor({ model, optimizer, architecture }: Settings): Settings {
  const chosen = { ...(model !== undefined && { model }), ...(optimizer !== undefined && { optimizer }) };
  try {
    const defaults = resolveConfig(chosen);
    const all = architecture === undefined ? recorded(defaults) : defaults;
    const plain = resolveConfig({});
    return { ...all, model: plain.model, optimizer: plain.optimizer };
  } catch (error) {
    if (!(error instanceof FerError)) throw error;
    return resolveConfig({}); // of a version that knew another network or optimizer
  }
}

/**
 * The options of `fer-tui train` for the settings of a run, as words of a POSIX shell. Settings with their default are left
 * out.
 */
export function trainOptions(config: Settings): string[] {
  return settingsOf(config)
    .filter(({ unknown, value, default: usual }) => !unknown && value !== undefined && value !== usual)
    .map(({ name, value }) => {
      if (typeof value === 'boolean') return value ? `--${name}` : `--no-${name}`;
      return `--${name} ${shellWord(String(value))}`;
    });
}
