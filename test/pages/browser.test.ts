import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspectionPage } from '../../src/pages/inspection.js';
import { reportPage } from '../../src/pages/report.js';
import { Browser, browserPath, type View } from '../helpers/browser.js';
import { runCli } from '../helpers/cli.js';
import { fullInspection } from '../helpers/inspections.js';
import { needs } from '../helpers/needs.js';
import { pageProblems } from '../helpers/pages.js';
import { fullReview } from '../helpers/reviews.js';

const PAGES = { report: () => reportPage(fullReview()), inspection: () => inspectionPage(fullInspection()) };
const VIEWS = [360, 1280].flatMap((width) =>
  (['light', 'dark'] as const).map((scheme): View => ({ width, scheme })),
);

/** Runs in the page: texts whose contrast is below that of WCAG 2.1 AA, 4.5, or 3 for large letters. */
const FAINT = `(() => {
  const parse = (css) => { const [r, g, b, a = 1] = css.match(/[\\d.]+/g).map(Number); return { r, g, b, a }; };
  const over = (top, under) => ({
    r: top.r * top.a + under.r * (1 - top.a),
    g: top.g * top.a + under.g * (1 - top.a),
    b: top.b * top.a + under.b * (1 - top.a), a: 1,
  });
  const luminance = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (element) => {
    if (element === null) return { r: 255, g: 255, b: 255, a: 1 };
    const own = parse(getComputedStyle(element).backgroundColor);
    return own.a === 1 ? own : over(own, ground(element.parentElement));
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    if (node.data.trim() === '' || element.tagName === 'title') continue;
    const style = getComputedStyle(element);
    const color = parse(element instanceof SVGElement ? style.fill : style.color);
    const back = ground(element);
    const [a, b] = [luminance(over(color, back)), luminance(back)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const large = parseFloat(style.fontSize) >= 24;
    if (ratio < (large ? 3 : 4.5)) faint.push(node.data.trim().slice(0, 40) + ': ' + ratio.toFixed(2));
  }
  return faint;
})()`;

/** Runs in the page: what reaches beyond its sides, but for what scrolls by itself. */
const OUTSIDE = `[...document.body.querySelectorAll('*')]
  .filter((e) => e.closest('.scroll') === null || e.classList.contains('scroll'))
  .filter((e) => { const { left, right, width } = e.getBoundingClientRect(); return width > 0 && (left < -0.5 || right > innerWidth + 0.5); })
  .map((e) => e.tagName + ' ' + e.className)`;

/** Opens a page and expects that it is whole and readable, and neither loads nor complains. */
async function expectSound(browser: Browser, file: string, view: View): Promise<void> {
  await browser.visit(file, view);
  expect(browser.requests).toEqual([]);
  expect(browser.complaints).toEqual([]);
  const pictures = await browser.evaluate<number[]>(
    '[...document.images].map((i) => i.complete ? i.naturalWidth : 0)',
  );
  expect(pictures.length).toBeGreaterThan(2);
  expect(Math.min(...pictures)).toBeGreaterThan(0);
  expect(await browser.evaluate('innerWidth')).toBe(view.width);
  expect(await browser.evaluate('document.documentElement.scrollWidth')).toBe(view.width);
  expect(await browser.evaluate(OUTSIDE)).toEqual([]);
  expect(await browser.evaluate(FAINT)).toEqual([]);
}

describe('in a browser', needs.browser, () => {
  const folder = mkdtempSync(join(tmpdir(), 'fer-tui-pages-'));
  const fileOf = (name: string): string => join(folder, `${name}.html`);
  let browser: Browser;
  beforeAll(async () => {
    for (const [name, make] of Object.entries(PAGES)) writeFileSync(fileOf(name), make());
    browser = await Browser.open(browserPath() ?? '');
  });
  afterAll(() => browser.close());

  describe.each(Object.keys(PAGES))('the page of a %s', (name) => {
    it.each(VIEWS)('at $width pixels, $scheme: whole, readable, silent', async (view) => {
      await expectSound(browser, fileOf(name), view);
    });

    it('is light or dark as the reader likes, and light on paper', async () => {
      const ground = async (view: Omit<View, 'width'>): Promise<string> => {
        await browser.visit(fileOf(name), { width: 1280, ...view });
        return browser.evaluate('getComputedStyle(document.body).backgroundColor');
      };
      const light = await ground({ scheme: 'light' });
      expect(light).toBe('rgb(255, 255, 255)');
      expect(await ground({ scheme: 'dark' })).toBe('rgb(20, 22, 26)');
      expect(await ground({ scheme: 'dark', media: 'print' })).toBe(light);
    });

    it('prints', async () => {
      await browser.visit(fileOf(name), { width: 1280, scheme: 'dark' });
      const pdf = await browser.pdf();
      expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
      const pages = pdf.toString('latin1').match(/\/Type \/Page\b/g)?.length ?? 0;
      expect(pages).toBeGreaterThan(1);
      expect(pages).toBeLessThan(12);
    });
  });

  it('the pages of a trained network, as the commands write them', needs.full, async () => {
    const [run, data] = [join(folder, 'run'), ['--data', 'synthetic:140']];
    const settings = ['--model', 'fer-shallow', '--filters', '8,16', '--dense', '16', '--epochs', '3'];
    const pages = [join(run, 'report.html'), join(folder, 'inspect.html')] as const;
    const lines = [
      ['train', ...data, ...settings, '--out', run],
      ['report', run],
      ['inspect', run, ...data, '--methods', 'all', '--html', pages[1]],
    ];
    for (const line of lines) expect(await runCli(line)).toMatchObject({ code: 0 });
    for (const page of pages) {
      expect(pageProblems(readFileSync(page, 'utf8'))).toEqual([]);
      for (const view of VIEWS) await expectSound(browser, page, view);
    }
  });
});
