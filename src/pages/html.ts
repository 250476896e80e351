/** HTML by construction: whatever goes into a template is escaped, unless it is HTML from another template. */

/** A piece of HTML. Only `html` makes one from outside, so text from files cannot become markup. */
class Markup {
  constructor(private readonly text: string) {}

  toString(): string {
    return this.text;
  }
}
export type Html = Markup;

/** What may go into a template; undefined and false leave nothing. */
export type Content = Html | string | number | false | undefined | readonly Content[];

/**
 * A template of HTML: html`<p title="${title}">${text}</p>`. Values in attributes need the quotes. Lists are joined; line
 * breaks and indentation between tags are left out.
 */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Html {
  const text = parts.map((part, i) => {
    const value = values[i];
    return part.replace(/>\s*\n\s*</g, '><').replace(/^\s*\n\s*|\s*\n\s*$/g, '') + rendered(value);
  });
  return new Markup(text.join(''));
}

function rendered(value: Content): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Markup) return value.toString();
  if (typeof value === 'object') return value.map(rendered).join('');
  return escapeHtml(String(value));
}

/** Text as it is, for the one place where it must not be escaped: the style sheet. */
export function styleSheet(css: string): Html {
  return new Markup(`<style>${css.replaceAll('</', '<\\/')}</style>`);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for HTML and quoted attributes. Characters that HTML does not allow become U+FFFD. */
export function escapeHtml(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, '\ufffd')
      .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
  );
}
