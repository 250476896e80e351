/** The colours of the themes. `test/tui/themes.test.ts` checks their contrast with usual backgrounds. */

/** `terminal` is the terminal's own sixteen colours; `contrast` is for dark backgrounds. */
export const THEMES = ['terminal', 'dark', 'light', 'contrast'] as const;
export type ThemeName = (typeof THEMES)[number];
/** `auto`: dark or light by the background of the terminal, where it tells; else the terminal's own colours. */
export const THEME_CHOICES = ['auto', ...THEMES] as const;
export type ThemeChoice = (typeof THEME_CHOICES)[number];

/** What has a colour of its own; other roles are bold, inverted, or underlined. */
export const COLOURED = [
  ...['dim', 'faint', 'key', 'good', 'bad', 'warn', 'train', 'validation', 'third', 'fourth'],
  ...['border', 'borderFocused'],
] as const;

/** Colours by role, as hexadecimal digits. */
export type ThemeColors = Readonly<Record<string, string>>;

export const THEME_COLORS: Readonly<Record<Exclude<ThemeName, 'terminal'>, ThemeColors>> = {
  dark: {
    ...{ dim: 'a8b0bc', faint: '9aa3b0', key: '56d4dd', good: '7bd88f', bad: 'ff9a9a', warn: 'e5c07b' },
    ...{ train: '6cc0f5', validation: 'f0b45a', third: 'd7a8f5', fourth: '9fd356' },
    ...{ border: '7f8a99', borderFocused: '56d4dd' },
  },
  light: {
    ...{ dim: '565c68', faint: '626977', key: '005f87', good: '1a6e2e', bad: 'b00020', warn: '8a4b00' },
    ...{ train: '0057a8', validation: '944600', third: '7b1fa2', fourth: '2e6b00' },
    ...{ border: '7a828e', borderFocused: '005f87' },
  },
  contrast: {
    ...{ dim: 'd8d8d8', faint: 'c8c8c8', key: '7fffff', good: '8cff8c', bad: 'ffb8b8', warn: 'ffe066' },
    ...{ train: '9fdcff', validation: 'ffd27f', third: 'f0bfff', fourth: 'c8ff70' },
    ...{ border: 'd0d0d0', borderFocused: '7fffff' },
  },
};

/** The bytes of a colour. */
export function bytesOf(hex: string): readonly [number, number, number] {
  const byte = (at: number): number => Number.parseInt(hex.slice(at, at + 2), 16);
  return [byte(0), byte(2), byte(4)];
}

/** The least contrast by WCAG 2.1: 4.5 for text, 3 for borders; 7 for everything in the theme of high contrast. */
export const leastContrast = (theme: ThemeName, role: string): number =>
  theme === 'contrast' ? 7 : role === 'border' ? 3 : 4.5;

/** Relative luminance, as WCAG 2.1 defines it. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = bytesOf(hex).map((byte) => {
    const c = byte / 255;
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The contrast of two colours, from 1 to 21, as WCAG 2.1 defines it. */
export function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}
