import type { Binding } from './screen_module.js';

/** The label of a key in hints and help. */
export function keyLabel(name: string): string {
  const words: Record<string, string> = {
    ...{ escape: 'Esc', enter: 'Enter', tab: 'Tab', 'shift+tab': 'S-Tab', space: 'space' },
    ...{
      up: '↑',
      down: '↓',
      left: '←',
      right: '→',
      pageup: 'PgUp',
      pagedown: 'PgDn',
      home: 'Home',
      end: 'End',
    },
    ...{ backspace: 'Bksp', delete: 'Del' },
  };
  return words[name] ?? (name.startsWith('ctrl+') ? `^${name.slice(5).toUpperCase()}` : name);
}

/** The label of all keys of a binding: `1-7`, `←→`, `[ ]`. */
export function keysLabel({ keys }: Pick<Binding<never>, 'keys'>): string {
  if (keys.length > 3 && !keys.every((key) => ['up', 'down', 'left', 'right'].includes(key)))
    return `${keyLabel(keys[0] as string)}-${keyLabel(keys.at(-1) as string)}`;
  const labels = keys.map(keyLabel);
  return labels.every((label) => /^[←→↑↓]$/.test(label)) ? labels.join('') : labels.join(' ');
}
