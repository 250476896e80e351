import type { AppState, PickList, PickOption, Prompt } from './app_state.js';
import { commonBeginning, completions, expandPath } from './complete_path.js';
import type { Key } from './input.js';
import { editLine, type Line, lineOf } from './line_editor.js';
import { rowsWith } from './search.js';
import type { Store } from './store.js';
import { remembered, withHistory } from './workspace.js';

/** The keys of dialogs: questions, lists, lines of text, and texts to read. */

/** Passes a key to the open dialog. */
export function overlayKey(store: Store<AppState>, key: Key): void {
  const { overlay } = store.state;
  if (key.name === 'escape') store.set({ overlay: undefined });
  else if (overlay?.kind === 'question') {
    const choice = overlay.choices.find(({ key: name }) => name === key.name);
    if (choice === undefined) return;
    store.set({ overlay: undefined });
    choice.run();
  } else if (overlay?.kind === 'pick') pickKey(store, overlay, key);
  else if (overlay?.kind === 'prompt') promptKey(store, overlay, key);
  else if (overlay !== undefined) {
    const step = { up: -1, down: 1, pageup: -10, pagedown: 10 }[key.name];
    const scroll = Math.max(0, overlay.scroll + (step ?? 0));
    store.set({ overlay: step === undefined ? undefined : { ...overlay, scroll } });
  }
}

/**
 * The options that contain the typed text, or else those that contain all of its words. Options that begin with it come first.
 */
export function pickedFrom({ options, line }: PickList): readonly PickOption[] {
  const word = (line?.text ?? '').trim().toLowerCase();
  if (word === '') return options;
  const labels = options.map(({ label }) => label);
  const found = rowsWith(labels, word).flatMap((i) => options[i] ?? []);
  const begins = ({ label }: PickOption): number => (label.toLowerCase().startsWith(word) ? 0 : 1);
  return found.toSorted((a, b) => begins(a) - begins(b));
}

/** The place of the selected option among those shown. */
export const pickedAt = ({ selected, at = 0, line }: PickList): number =>
  selected ?? (line === undefined || line.text === '' ? at : 0);

const PICK_STEPS: Readonly<Record<string, number>> = {
  up: -1,
  down: 1,
  pageup: -10,
  pagedown: 10,
  home: -Infinity,
  end: Infinity,
};

function pickKey(store: Store<AppState>, pick: PickList, key: Key): void {
  const options = pickedFrom(pick);
  const step = PICK_STEPS[key.name];
  if (key.name === 'enter') {
    const option = options[pickedAt(pick)];
    if (option === undefined) return;
    store.set({ overlay: undefined });
    option.run();
  } else if (step !== undefined) {
    const selected = Math.max(0, Math.min(options.length - 1, pickedAt(pick) + step));
    store.set({ overlay: { ...pick, selected } });
  } else {
    const line = editLine(pick.line ?? lineOf(''), key);
    const { selected: _, ...rest } = pick;
    if (line !== undefined) store.set({ overlay: { ...rest, line } });
  }
}

/** The line of a prompt: as edited, or the value before any key. */
export const promptLine = ({ line, value }: Prompt): Line => line ?? lineOf(value);

const historyOf = ({ history, paths }: Prompt): string | undefined => history ?? (paths ? 'path' : undefined);

function promptKey(store: Store<AppState>, prompt: Prompt, key: Key): void {
  const { error: _, offers: _offers, ...rest } = prompt;
  if (key.name === 'enter') submit(store, prompt);
  else if (key.name === 'tab') store.set({ overlay: { ...rest, ...completed(prompt) } });
  else if (key.name === 'up' || key.name === 'down') {
    store.set({ overlay: { ...rest, ...recalled(store.state, prompt, key.name === 'up' ? 1 : -1) } });
  } else {
    const line = editLine(promptLine(prompt), key);
    if (line !== undefined) store.set({ overlay: { ...rest, line } });
  }
}

function submit(store: Store<AppState>, prompt: Prompt): void {
  const typed = promptLine(prompt).text.trim();
  const value = prompt.paths ? expandPath(typed) : typed;
  const error = prompt.check(value);
  if (error !== undefined) {
    store.set({ overlay: { ...prompt, line: { ...promptLine(prompt), fresh: false }, error } });
    return;
  }
  const history = historyOf(prompt);
  const { workspace } = store.state;
  store.set({
    overlay: undefined,
    ...(history !== undefined && value !== '' && { workspace: withHistory(workspace, history, value) }),
  });
  prompt.submit(value);
}

/** Completes a path to the common beginning of its completions, and lists them if there are several. */
function completed(prompt: Prompt): Partial<Prompt> {
  if (!prompt.paths) return {};
  const { text } = promptLine(prompt);
  const found = completions(text);
  if (found.length === 0) return { error: `nothing here begins with ${text}` };
  const common = commonBeginning(found);
  return { line: { ...lineOf(common), fresh: false }, ...(found.length > 1 && { offers: found }) };
}

/** The line that was accepted `step` times before the one shown. */
function recalled({ workspace }: AppState, prompt: Prompt, step: number): Partial<Prompt> {
  const history = historyOf(prompt);
  const texts = history === undefined ? [] : remembered(workspace, history);
  const back = Math.max(0, Math.min(texts.length, (prompt.back ?? 0) + step));
  const text = back === 0 ? prompt.value : texts[texts.length - back];
  return text === undefined ? {} : { line: lineOf(text), back };
}
