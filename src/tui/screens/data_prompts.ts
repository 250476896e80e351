import { existsSync } from 'node:fs';
import { parseAugment } from '../../data/augment.js';
import { parseClasses } from '../../data/class_names.js';
import type { Actions } from '../screen_module.js';
import type { DataState } from './data_state.js';

/** The dialogs of the Data screen. */

type Act = Actions<DataState>;

/** Asks for another data set. @param open opens it */
export function askForPath(act: Act, open: (path: string) => void): void {
  act.prompt({
    title: 'data set',
    value: act.state.path,
    paths: true,
    help: 'fer2013.csv(.gz), an archive (.zip, .tar.gz), a folder tree, or "synthetic" for drawn faces',
    check: (path) =>
      /^synthetic(:|$)/.test(path) || existsSync(path) ? undefined : `${path || 'empty'}: not found`,
    submit: open,
  });
}

/** The path of the data set that could not be read last, else of the open one. */
const wantedPath = ({ next, nextPath, path }: DataState): string =>
  next.status === 'failed' ? nextPath : path;

/** Asks for the names of the classes of the data set. @param open opens it again */
export function askForClasses(act: Act, open: (path: string, classes: string) => void): void {
  act.prompt({
    title: 'names of the classes',
    value: act.state.classes,
    history: 'classes',
    help: 'as --classes: csv or a,b,c for numbered folders and labels, colere=Angry,joie=Happy for others; empty: the names in the data',
    check: classesError,
    submit: (classes) => open(wantedPath(act.state), classes),
  });
}

function classesError(text: string): string | undefined {
  try {
    if (text !== '') parseClasses(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Asks for the augmentation that is shown. @param then shows it */
export function askForAugment(act: Act, then: () => void): void {
  act.prompt({
    title: 'augmentation and seed',
    value: `${act.state.augment} ${act.state.seed}`,
    help: 'as in training: default, none, or flip,rotation=10,shift=0.1,zoom=0.1; then the seed',
    check: (text) => augmentError(text),
    submit: (text) => {
      const [augment = 'default', seed = '7'] = text.trim().split(/\s+/);
      act.set({ augment, seed: Number(seed), mode: 'augment' });
      then();
    },
  });
}

function augmentError(text: string): string | undefined {
  const [augment = '', seed = '7'] = text.trim().split(/\s+/);
  try {
    parseAugment(augment);
  } catch (error) {
    return (error as Error).message;
  }
  return /^\d{1,10}$/.test(seed) && Number(seed) < 2 ** 32
    ? undefined
    : 'seed: a whole number in [0, 4294967295]';
}
