import { type Content, type Html, html, styleSheet } from './html.js';
import { STYLE } from './style.js';

/** A section of a page. */
export interface PageSection {
  /** Heading; the address within the page is made of it. */
  readonly title: string;
  readonly body: Content;
}

/** What a page consists of. */
export interface Page {
  /** Heading of the page, and of the browser's tab. */
  readonly title: string;
  /** A line below the heading. */
  readonly lead: Content;
  /** What comes before the sections, such as the most important figures. */
  readonly opening: Content;
  readonly sections: readonly PageSection[];
  /** The last line, such as which program made it. */
  readonly footer: Content;
}

/**
 * A whole HTML document in one file. Its content security policy forbids scripts and everything from the network, so a
 * page that is opened or mailed stays what it is.
 */
export function page({ title, lead, opening, sections, footer }: Page): string {
  const placed = withIds(sections);
  const document = html`
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
    <link rel="icon" href="data:,">
    <title>${title}</title>
    ${styleSheet(STYLE)}
    </head>
    <body>
    <header><h1>${title}</h1><p class="lead">${lead}</p></header>
    ${opening}
    <nav aria-label="Contents"><ol>${placed.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ol></nav>
    <main>${placed.map(sectionHtml)}</main>
    <footer>${footer}</footer>
    </body>
    </html>`;
  return `<!doctype html>\n${document}\n`;
}

function sectionHtml({ id, title, body }: PageSection & { readonly id: string }): Html {
  return html`\n<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${body}</section>`;
}

/** Gives each section an address of its own. */
function withIds(sections: readonly PageSection[]): (PageSection & { readonly id: string })[] {
  const used = new Set<string>();
  return sections.map((section) => {
    const stem =
      section.title
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-|-$/g, '') || 'section';
    let id = stem;
    for (let n = 2; used.has(id); n++) id = `${stem}-${n}`;
    used.add(id);
    return { ...section, id };
  });
}

/** How to read what a section shows. */
export function howToRead(text: Content): Html {
  return html`<p class="how"><b>How to read it.</b> ${text}</p>`;
}

/** What the reader must know before anything else, or why a part is missing. */
export function warning(text: Content): Html {
  return html`<p class="warn" role="note">${text}</p>`;
}

/** Named numbers in large letters. */
export function keyFigures(figures: readonly (readonly [name: string, value: string])[]): Html {
  return html`<dl class="figures">${figures.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** What opens on request; a page on paper leaves it closed. */
export function details(summary: string, body: Content): Html {
  return html`<details><summary>${summary}</summary>${body}</details>`;
}
