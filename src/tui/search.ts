import type { Search } from './app_state.js';
import type { Actions, Binding, SearchedList } from './screen_module.js';

/** `/` in lists: finds rows by their text; n and N go to the next and the previous match. */

/**
 * The keys that search the lists of a screen: of the first of `lists` that is shown. They come before the other keys of the
 * screen, which may have another meaning while nothing is searched.
 *
 * @param what the rows are: "a kernel"
 */
export function searchBindings<S>(what: string, lists: readonly SearchedList<S>[]): Binding<S>[] {
  const shown = (act: Actions<S>): SearchedList<S> | undefined => lists.find(({ when }) => when(act));
  const searching = (act: Actions<S>): boolean => searchOf(act) !== undefined && shown(act) !== undefined;
  return [
    {
      keys: ['/'],
      hint: 'find',
      hintLast: true,
      help: `Finds ${what} by its text`,
      when: (act) => shown(act) !== undefined,
      run: (act) => {
        const list = shown(act);
        if (list !== undefined) ask(act, list, what);
      },
    },
    {
      keys: ['n', 'N'],
      hint: 'next match',
      help: 'After /: goes to the next or the previous match',
      when: searching,
      run: (act, key) => {
        const list = shown(act);
        if (list !== undefined) goOn(act, list, key === 'n' ? 1 : -1);
      },
    },
    {
      keys: ['escape'],
      help: 'After /: ends the search; n and N have their other meaning again',
      when: searching,
      run: (act) => act.setApp({ search: undefined, note: undefined }),
    },
  ];
}

/** The search on this screen, if one goes on. */
export function searchOf({ app }: Pick<Actions<unknown>, 'app'>): Search | undefined {
  return app.search?.screen === app.screen ? app.search : undefined;
}

/** The rows that contain a text; where none does, those with all of its words. Case does not matter. */
export function rowsWith(rows: readonly string[], text: string): number[] {
  const low = rows.map((row) => row.toLowerCase());
  const whole = text.trim().toLowerCase();
  const having = (words: readonly string[]): number[] =>
    [...low.keys()].filter((i) => words.every((word) => low[i]?.includes(word)));
  const found = having([whole]);
  return found.length > 0 ? found : having(whole.split(/\s+/));
}

function found<S>(act: Actions<S>, list: SearchedList<S>, text: string): readonly number[] {
  return list.find?.(act, text) ?? rowsWith(list.rows(act), text);
}

function ask<S>(act: Actions<S>, list: SearchedList<S>, what: string): void {
  act.prompt({
    title: `find ${what}`,
    value: act.app.search?.text ?? '',
    history: 'find',
    help: 'a text that it contains, or words in any order; then n and N go to the next and the previous match, and Esc ends the search',
    check: (text) => {
      if (text === '') return 'expected a word; Esc cancels';
      return found(act, list, text).length === 0 ? `nothing here contains "${text}"` : undefined;
    },
    submit: (text) => {
      act.setApp({ search: { screen: act.app.screen, text } });
      const rows = found(act, list, text);
      const here = list.at(act);
      // A list that ranks its rows begins with the best match, others with the first one from the selected row on.
      arrive(
        act,
        list,
        rows,
        list.find
          ? 0
          : Math.max(
              0,
              rows.findIndex((row) => row >= here),
            ),
      );
    },
  });
}

/** Goes to the row that was found next to the selected one; from the last to the first. */
function goOn<S>(act: Actions<S>, list: SearchedList<S>, step: 1 | -1): void {
  const rows = found(act, list, searchOf(act)?.text ?? '');
  const here = list.at(act);
  const at = rows.indexOf(here);
  const beside = step > 0 ? rows.findIndex((row) => row > here) : rows.findLastIndex((row) => row < here);
  const next = at >= 0 ? at + step : beside >= 0 ? beside : step > 0 ? 0 : -1;
  arrive(act, list, rows, (next + rows.length) % Math.max(1, rows.length));
}

function arrive<S>(act: Actions<S>, list: SearchedList<S>, rows: readonly number[], place: number): void {
  const { text } = searchOf(act) ?? { text: '' };
  const row = rows[place];
  if (row === undefined) {
    act.note(`nothing here contains "${text}" any more`, 'bad');
    return;
  }
  list.go(act, row);
  const others = rows.length > 1 ? ' · n next, N previous' : '';
  act.note(`${place + 1} of ${rows.length} with "${text}"${others} · Esc ends the search`);
}
