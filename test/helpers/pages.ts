import { type DefaultTreeAdapterTypes, defaultTreeAdapter, html as names, parse } from 'parse5';

export type Element = DefaultTreeAdapterTypes.Element;
type Node = DefaultTreeAdapterTypes.Node;

/** A parsed page. */
export interface ParsedPage {
  /** Breaches of the HTML standard, as codes with their lines. */
  readonly errors: readonly string[];
  /** All elements in order. */
  readonly elements: readonly Element[];
}

/** Parses a page by the HTML standard, strictly. */
export function parsePage(text: string): ParsedPage {
  const errors: string[] = [];
  const document = parse(text, {
    onParseError: ({ code, startLine, startOffset }) =>
      errors.push(
        `${code} in line ${startLine}: ${text.slice(Math.max(0, startOffset - 40), startOffset + 20)}`,
      ),
  });
  const elements: Element[] = [];
  const visit = (node: Node): void => {
    if (defaultTreeAdapter.isElementNode(node)) elements.push(node);
    if ('childNodes' in node) node.childNodes.forEach(visit);
  };
  visit(document);
  return { errors, elements };
}

export function attribute(element: Element, name: string): string | undefined {
  return element.attrs.find((attr) => attr.name === name)?.value;
}

/** The text inside an element. */
export function textOf(element: Element): string {
  return element.childNodes
    .map((node) =>
      defaultTreeAdapter.isTextNode(node)
        ? node.value
        : defaultTreeAdapter.isElementNode(node)
          ? textOf(node)
          : '',
    )
    .join('');
}

/**
 * What is wrong with a page, as sentences: breaches of the standard, anything that runs or loads, and what people need who
 * do not see it or use a keyboard.
 */
export function pageProblems(text: string): string[] {
  const { errors, elements } = parsePage(text);
  const problems = [...errors];
  const of = (tag: string): Element[] => elements.filter(({ tagName }) => tagName === tag);
  const expectAll = (list: readonly Element[], right: (element: Element) => boolean, what: string): void => {
    for (const element of list) if (!right(element)) problems.push(`<${element.tagName}> ${what}`);
  };
  const ids = elements.flatMap((element) => attribute(element, 'id') ?? []);
  const hidden = (element: Element): boolean => {
    for (let node: Element | null = element; node !== null; ) {
      if (attribute(node, 'aria-hidden') === 'true') return true;
      const parent: DefaultTreeAdapterTypes.ParentNode | null = node.parentNode;
      node = parent !== null && defaultTreeAdapter.isElementNode(parent) ? parent : null;
    }
    return false;
  };

  for (const tag of ['script', 'iframe', 'object', 'embed', 'form', 'base', 'video', 'audio']) {
    if (of(tag).length > 0) problems.push(`there is a <${tag}>`);
  }
  for (const { tagName, attrs } of elements) {
    for (const { name, value } of attrs) {
      if (/^on/.test(name)) problems.push(`<${tagName}> has ${name}`);
      if (['src', 'href', 'xlink:href', 'srcset', 'poster'].includes(name) && !/^(data:|#)/.test(value)) {
        problems.push(`<${tagName}> loads ${value}`);
      }
      if (name === 'style' && /url\(|expression|@import/i.test(value))
        problems.push(`<${tagName}> style ${value}`);
    }
  }
  if (/url\(|@import/i.test(of('style').map(textOf).join())) problems.push('the style sheet loads something');

  expectAll(of('html'), (e) => attribute(e, 'lang') === 'en', 'has no language');
  if (of('title').map(textOf).join('').trim() === '') problems.push('the page has no title');
  if (of('h1').length !== 1 || of('main').length !== 1) problems.push('there is not one <h1> and one <main>');
  expectAll(of('img'), (e) => attribute(e, 'alt') !== undefined, 'has no alt');
  expectAll(
    of('img'),
    (e) => /^data:image\/png;base64,iVBOR/.test(attribute(e, 'src') ?? ''),
    'is no PNG in the page',
  );
  expectAll(
    of('img'),
    (e) => Number(attribute(e, 'width')) > 0 && Number(attribute(e, 'height')) > 0,
    'has no size',
  );
  const drawings = of('svg').filter((e) => !hidden(e));
  expectAll(drawings, (e) => attribute(e, 'role') === 'img', 'is not told as a picture');
  expectAll(drawings, (e) => (attribute(e, 'aria-label') ?? '').length > 20, 'is not described');
  expectAll(of('th'), (e) => /^(col|row)$/.test(attribute(e, 'scope') ?? ''), 'heads neither row nor column');
  expectAll(of('table'), (e) => e.childNodes[0]?.nodeName === 'caption', 'has no caption');
  expectAll(of('section'), (e) => ids.includes(attribute(e, 'aria-labelledby') ?? ''), 'has no heading');
  expectAll(of('a'), (e) => ids.includes((attribute(e, 'href') ?? '').slice(1)), 'leads nowhere');
  if (new Set(ids).size !== ids.length) problems.push('two elements have one id');
  const levels = elements.flatMap(({ tagName }) => /^h([1-6])$/.exec(tagName)?.[1] ?? []).map(Number);
  if (levels.some((level, i) => level > (levels[i - 1] ?? 0) + 1))
    problems.push('a level of headings is left out');
  for (const { tagName, namespaceURI, attrs } of elements) {
    if (namespaceURI !== names.NS.SVG) continue;
    const bad = attrs.find(({ value }) => /NaN|Infinity|undefined/.test(value));
    if (bad !== undefined) problems.push(`<${tagName}> ${bad.name}="${bad.value.slice(0, 60)}"`);
  }
  return problems;
}
