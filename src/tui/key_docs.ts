import { SCREEN_NAMES } from './app_state.js';
import { keysLabel } from './key_labels.js';
import { GLOBAL_KEYS } from './keys.js';
import { SCREENS } from './screens/all.js';

/** The keys of every screen as Markdown tables, for docs/tui.md. They are made from the tables that the key handlers use. */
export function keyTables(): string {
  const row = (binding: { keys: readonly string[]; help: string }): string =>
    `| \`${keysLabel(binding).replaceAll('|', '\\|')}\` | ${binding.help} |`;
  const section = (title: string, bindings: readonly { keys: readonly string[]; help: string }[]): string =>
    [`### ${title}`, '', '| key | what it does |', '|---|---|', ...bindings.map(row)].join('\n');
  const screens = SCREEN_NAMES.flatMap((name) => {
    const module = SCREENS.get(name);
    return module === undefined ? [] : [section(module.title, module.keys)];
  });
  return [section('Everywhere', GLOBAL_KEYS), ...screens].join('\n\n');
}
