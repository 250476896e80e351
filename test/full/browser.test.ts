import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rng } from '../../src/util/random.js';
import { Browser, browserPath } from '../helpers/browser.js';
import { runCli } from '../helpers/cli.js';
import { all, needs, PEERS } from '../helpers/needs.js';

/** The page of examples/browser in a browser, with a shipped network, from a server as its README says. */

const EXAMPLE = fileURLToPath(new URL('../../examples/browser/', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.png': 'image/png',
};

/** Serves the page, TensorFlow.js where its package.json puts it, and everything else of a folder. */
function serve(folder: string): Promise<Server> {
  const server = createServer(({ url = '/' }, response) => {
    const path = url === '/' ? '/index.html' : url;
    const root = path.startsWith('/node_modules/')
      ? fileURLToPath(PEERS)
      : ['/index.html', '/classify.js'].includes(path)
        ? EXAMPLE
        : folder;
    try {
      const bytes = readFileSync(join(root, path));
      response
        .writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' })
        .end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** A picture in colours of a size. */
function picture(width: number, height: number, seed: number): Buffer {
  const rng = new Rng(seed);
  const png = new PNG({ width, height });
  for (let i = 0; i < png.data.length; i++) {
    const [x, y] = [(i / 4) % width, i / 4 / width];
    png.data[i] =
      i % 4 === 3 ? 255 : 128 + 90 * Math.sin(x / (3 + (i % 4)) + seed) * Math.cos(y / 5) + rng.int(20);
  }
  return PNG.sync.write(png);
}

describe('examples/browser', all(needs.full, needs.browser, needs.tensorflowJs), () => {
  const folder = mkdtempSync(join(tmpdir(), 'fer-tui-web-'));
  let server: Server;
  let browser: Browser;
  let origin = '';
  beforeAll(async () => {
    server = await serve(folder);
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    browser = await Browser.open(browserPath() ?? '');
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  /** Waits for what the page says. */
  const told = (pattern: RegExp): Promise<string> =>
    browser.evaluate(`new Promise((resolve) => {
      const status = document.querySelector('[role=status]');
      const look = () => ${pattern}.test(status.textContent) ? resolve(status.textContent) : setTimeout(look, 20);
      look();
    })`);
  const open = (): Promise<void> => browser.visit(origin, { width: 800, scheme: 'light' });

  it('classifies a face as predict does, and loads nothing from elsewhere', async () => {
    const { code, stderr } = await runCli([
      'export',
      'fer-cnn',
      '--to',
      'tfjs',
      '--out',
      join(folder, 'model'),
    ]);
    expect([code, stderr]).toEqual([0, '']);
    await open();
    expect(await told(/Choose|cannot/)).toBe('Choose a picture.');
    for (const name of ['first.png', 'second.png']) {
      const file = join(folder, name);
      writeFileSync(file, picture(48, 48, name.length));
      await browser.evaluate(`(async () => {
        const blob = await (await fetch('${name}')).blob();
        const files = new DataTransfer();
        files.items.add(new File([blob], '${name}'));
        const input = document.querySelector('input');
        input.files = files.files;
        input.dispatchEvent(new Event('change'));
      })()`);
      const said = await told(/, by |not work/);
      const rows = await browser.evaluate<[string, number][]>(
        `[...document.querySelectorAll('tr')].map((row) => [row.cells[0].textContent, Number(row.querySelector('data').value)])`,
      );
      const answer = await runCli([
        'predict',
        file,
        '--weights',
        'fer-cnn',
        '--json',
        '--quiet',
        '--top',
        '7',
      ]);
      const { top } = JSON.parse(answer.stdout) as { top: { label: string; probability: number }[] };
      expect(said).toMatch(new RegExp(`^${top[0]?.label}, by (cpu|webgl)$`));
      expect(rows.map(([label]) => label)).toEqual(top.map(({ label }) => label));
      for (const [i, { probability }] of top.entries())
        expect(Math.abs((rows[i]?.[1] ?? Number.NaN) - probability)).toBeLessThan(1e-5);
    }
    expect(browser.requests.filter((url) => !url.startsWith(origin) && !url.startsWith('blob:'))).toEqual([]);
  });

  it('says what is wrong where there is no model', async () => {
    rmSync(join(folder, 'model'), { recursive: true });
    await open();
    expect(await told(/Choose|cannot/)).toMatch(/^The model cannot be loaded: /);
  });
});
