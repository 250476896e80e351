import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { OPTION_ENTRIES, optionSpec } from '../train/options.js';
import { atomicWrite, makeFolder } from '../util/atomic_write.js';
import { readText } from '../util/read_whole.js';
import { stateFolder } from '../util/state_folder.js';
import { ownState } from './actions.js';
import type { AppState, ScreenName } from './app_state.js';
import { type FormValues, formError, withValue } from './form.js';
import { THEME_CHOICES } from './paint/theme_colors.js';
import type { ScreenMap } from './program.js';
import { NEW_WORKSPACE, type Workspace, withFoundData, withSettings } from './workspace.js';

/** The workspace between two starts of the terminal UI: one file in the user's state folder. */

/** What the file holds: the workspace, and what screens and charts were set to. */
interface Kept extends Workspace {
  readonly table: boolean;
  readonly screens: Readonly<Partial<Record<ScreenName, object>>>;
}

/** The part of the state that is kept. */
type Remembered = Pick<AppState, 'workspace' | 'table' | 'screens'>;

export const workspacePath = (): string => join(stateFolder(), 'workspace.json');

/**
 * What is remembered from the last start. Of a file that is damaged or from another version, whatever is still valid. Without a
 * data set that still exists: FER-2013 where it is found, else drawn faces.
 */
export function readWorkspace(screens: ScreenMap, path = workspacePath()): Remembered {
  const kept = readKept(path);
  const settings = validSettings(kept.settings);
  const weights = typeof kept.weights === 'string' && existsSync(kept.weights) ? kept.weights : '';
  const histories = validHistories(kept.histories);
  const theme = THEME_CHOICES.find((name) => name === kept.theme) ?? NEW_WORKSPACE.theme;
  const workspace = { settings, weights, histories, theme };
  return {
    workspace: withFoundData(workspace),
    table: kept.table === true,
    screens: validScreens(screens, kept.screens),
  };
}

/** The file may hold anything. */
function readKept(path: string): Readonly<Record<keyof Kept, unknown>> {
  const nothing = { settings: {}, weights: '', histories: {}, theme: '', table: false, screens: {} };
  try {
    return { ...nothing, ...(JSON.parse(readText(path)) as object) };
  } catch {
    return nothing;
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The settings, each only if it is valid together with those before it. */
function validSettings(kept: unknown): FormValues {
  if (!isObject(kept)) return {};
  return OPTION_ENTRIES.reduce<FormValues>((values, [name, { file }]) => {
    const value = kept[name];
    if (!['string', 'number', 'boolean'].includes(typeof value)) return values;
    if (file === 'file' && !existsSync(String(value))) return values;
    const next = withValue(values, name, String(value));
    return formError(next) === undefined ? next : values;
  }, {});
}

function validHistories(kept: unknown): Workspace['histories'] {
  if (!isObject(kept)) return {};
  const texts = (list: unknown): string[] =>
    Array.isArray(list) ? list.filter((text): text is string => typeof text === 'string') : [];
  return Object.fromEntries(Object.entries(kept).map(([name, list]) => [name, texts(list)]));
}

/** The fields that each screen remembers, if they have the type of the screen's initial state. */
function validScreens(screens: ScreenMap, kept: unknown): AppState['screens'] {
  if (!isObject(kept)) return {};
  const entries = [...screens].flatMap(([name, { remembers = [], initial }]) => {
    const own = kept[name];
    if (!isObject(own)) return [];
    const usual = initial as Readonly<Record<string, unknown>>;
    const same = remembers.filter((field) => typeof own[field] === typeof usual[field]);
    return [[name, Object.fromEntries(same.map((field) => [field, own[field]]))]];
  });
  return Object.fromEntries(entries) as AppState['screens'];
}

/** Writes the workspace when it has changed. A state folder that cannot be written is no reason to stop. */
export class WorkspaceKeeper {
  #written: string;
  #seen: string;

  constructor(
    private readonly screens: ScreenMap,
    state: AppState,
    private readonly path = workspacePath(),
  ) {
    this.#written = this.#text(state);
    this.#seen = this.#written;
  }

  /**
   * Call this regularly. It writes a state once it has not changed since the last call, so that quick keys do not wait for the
   * disk.
   */
  settle(state: AppState): void {
    const text = this.#text(state);
    if (text === this.#seen) this.save(state);
    this.#seen = text;
  }

  save(state: AppState): void {
    const text = this.#text(state);
    if (text === this.#written) return;
    try {
      makeFolder(join(this.path, '..'));
      atomicWrite(this.path, text);
    } catch {
      // Then the next start remembers nothing.
    }
    this.#written = text;
  }

  #text({ workspace, table, screens }: AppState): string {
    const own = [...this.screens].flatMap(([name, module]) => {
      const state = ownState({ screens } as AppState, module) as Readonly<Record<string, unknown>>;
      const { remembers = [] } = module;
      return remembers.length === 0
        ? []
        : [[name, Object.fromEntries(remembers.map((field) => [field, state[field]]))]];
    });
    const kept: Kept = { ...absolute(workspace), table, screens: Object.fromEntries(own) };
    return `${JSON.stringify(kept, null, 1)}\n`;
  }
}

/** The workspace with absolute paths, which are valid in every folder. */
function absolute(workspace: Workspace): Workspace {
  const whole = (path: string): string => (path !== '' && existsSync(path) ? resolve(path) : path);
  const settings = Object.entries(workspace.settings).map(([name, value]) => {
    const path = typeof value === 'string' && optionSpec(name)?.file !== undefined;
    return [name, path ? whole(value) : value];
  });
  return { ...withSettings(workspace, Object.fromEntries(settings)), weights: whole(workspace.weights) };
}
