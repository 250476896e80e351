import { findData } from '../data/find_data.js';
import { OPTIONS } from '../train/options.js';
import { counted } from '../util/counted.js';
import { type FormValues, fieldText, withValue } from './form.js';
import type { ThemeChoice } from './paint/theme_colors.js';

/**
 * What the user has open and set. All screens share it: a data set that is opened on one of them is open on the others, in the
 * form, and on Home. `workspace_file.ts` keeps it for the next start.
 */
export interface Workspace {
  /** Settings of the next run that differ from the defaults. Its `data` is the open data set. */
  readonly settings: FormValues;
  /** File of the weights that were chosen last; empty: none was. */
  readonly weights: string;
  /** Texts that prompts accepted, by what they are; the latest last. */
  readonly histories: Readonly<Record<string, readonly string[]>>;
  /** The colours that were chosen. */
  readonly theme: ThemeChoice;
}

export const NEW_WORKSPACE: Workspace = { settings: {}, weights: '', histories: {}, theme: 'auto' };

/** Texts kept of each history. */
const KEPT = 50;

/** The texts of a history, the latest last. */
export function remembered({ histories }: Workspace, name: string): readonly string[] {
  return histories[name] ?? [];
}

/** The workspace with one more text at the end of a history; the same text before is forgotten. */
export function withHistory(workspace: Workspace, name: string, text: string): Workspace {
  const before = remembered(workspace, name).filter((other) => other !== text);
  return { ...workspace, histories: { ...workspace.histories, [name]: [...before, text].slice(-KEPT) } };
}

/** The workspace with other settings of the next run. */
export function withSettings(workspace: Workspace, settings: FormValues): Workspace {
  return { ...workspace, settings };
}

/** The open data set, as `--data` takes it. */
export function dataOf({ settings }: Workspace): string {
  return fieldText('data', settings);
}

/** The workspace with another open data set, and the names of its classes if it needs them. */
export function withData(workspace: Workspace, path: string, classes = ''): Workspace {
  const named = withValue(withValue(workspace.settings, 'data', path), 'classes', classes);
  return withSettings(workspace, named);
}

/** The workspace with FER-2013 as its data set, if it has none and FER-2013 is in one of its usual places. */
export function withFoundData(workspace: Workspace): Workspace {
  const found = findData();
  return found === undefined || workspace.settings['data'] !== undefined
    ? workspace
    : withData(workspace, found);
}

/** What Home calls the built-in data set. */
export const DRAWN = 'drawn faces';

/** Describes the workspace in a few words, for Home. */
export function workspaceWords(workspace: Workspace): { data: string; settings: string } {
  const changed = Object.keys(workspace.settings).filter((name) => name !== 'data').length;
  const data = dataOf(workspace);
  return {
    data: data === OPTIONS.data.default ? DRAWN : data,
    settings: changed === 0 ? 'all settings at their defaults' : `${counted(changed, 'setting')} changed`,
  };
}
