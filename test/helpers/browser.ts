import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { BROWSERS } from '../../scripts/platform.mjs';

/** The path of a Chromium: `CHROME_PATH`, or what lies in the search path; undefined where there is none. */
export function browserPath(): string | undefined {
  const given = process.env['CHROME_PATH'];
  if (given) return given;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return BROWSERS.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) =>
    existsSync(path),
  );
}

type Json = Record<string, unknown>;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Json;
  readonly result?: Json;
  readonly error?: { readonly message: string };
}

/** How a page is looked at. */
export interface View {
  /** Pixels. */
  readonly width: number;
  readonly scheme: 'light' | 'dark';
  readonly media?: 'screen' | 'print';
}

/**
 * A Chromium without a window that opens pages. It speaks the DevTools protocol through two pipes, so it needs no
 * port and no library (https://chromedevtools.github.io/devtools-protocol/).
 */
export class Browser {
  readonly #child: ChildProcess;
  readonly #profile = mkdtempSync(join(tmpdir(), 'fer-tui-browser-'));
  readonly #waiting = new Map<number, (message: Message) => void>();
  readonly #heard: { readonly method: string; readonly params: Json }[] = [];
  #listeners: ((method: string) => void)[] = [];
  #next = 1;
  #session = '';
  #rest = '';

  private constructor(path: string) {
    const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []; // it refuses to run as root with one
    this.#child = spawn(
      path,
      [
        ...['--headless', '--remote-debugging-pipe', '--disable-gpu', '--no-first-run', ...sandbox],
        ...[`--user-data-dir=${this.#profile}`, '--hide-scrollbars', 'about:blank'],
      ],
      { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
    );
    (this.#child.stdio[4] as Readable).setEncoding('utf8').on('data', (text: string) => this.#receive(text));
  }

  /** Starts it. */
  static async open(path: string): Promise<Browser> {
    const browser = new Browser(path);
    const { targetId } = await browser.#send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await browser.#send('Target.attachToTarget', { targetId, flatten: true });
    browser.#session = String(sessionId);
    for (const domain of ['Page', 'Runtime', 'Network', 'Log']) await browser.#send(`${domain}.enable`);
    return browser;
  }

  /** Opens a file, or an address, and waits until everything in it is loaded. Forgets what earlier pages did. */
  async visit(page: string, { width, scheme, media = 'screen' }: View): Promise<void> {
    await this.#send('Emulation.setDeviceMetricsOverride', {
      ...{ width, height: 900, deviceScaleFactor: 1, mobile: width < 600 },
    });
    await this.#send('Emulation.setEmulatedMedia', {
      media,
      features: [{ name: 'prefers-color-scheme', value: scheme }],
    });
    this.#heard.length = 0;
    const loaded = new Promise<void>((resolve) => {
      this.#listeners = [(method) => method === 'Page.loadEventFired' && resolve()];
    });
    await this.#send('Page.navigate', {
      url: page.startsWith('http:') ? page : pathToFileURL(page).href,
    });
    await loaded;
  }

  /** What an expression gives in the page. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = (await this.#send('Runtime.evaluate', {
      ...{ expression, returnByValue: true, awaitPromise: true },
    })) as { result: { value: T }; exceptionDetails?: Json };
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  }

  /** The page on paper, A4. */
  async pdf(): Promise<Buffer> {
    const { data } = await this.#send('Page.printToPDF', {
      ...{ preferCSSPageSize: true, printBackground: true, paperWidth: 8.27, paperHeight: 11.69 },
    });
    return Buffer.from(String(data), 'base64');
  }

  /** The addresses that the page asked for, itself left out; those inside it too. */
  get requests(): string[] {
    const urls = this.#heard
      .filter(({ method }) => method === 'Network.requestWillBeSent')
      .map(({ params }) => String((params['request'] as Json)['url']));
    return urls.slice(1).filter((url) => !url.startsWith('data:'));
  }

  /** What the page wrote to the console, threw, or broke: also what its policy forbade. */
  get complaints(): string[] {
    const kinds = ['Runtime.consoleAPICalled', 'Runtime.exceptionThrown', 'Log.entryAdded'];
    return this.#heard
      .filter(({ method }) => kinds.includes(method))
      .map(({ params }) => JSON.stringify(params));
  }

  /** Ends it. */
  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#session = '';
    void this.#send('Browser.close');
    await ended;
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  #send(method: string, params: Json = {}): Promise<Json> {
    const id = this.#next++;
    const message = { id, method, params, ...(this.#session !== '' && { sessionId: this.#session }) };
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) =>
        error === undefined ? resolve(result ?? {}) : reject(new Error(`${method}: ${error.message}`)),
      );
      (this.#child.stdio[3] as Writable).write(`${JSON.stringify(message)}\0`);
    });
  }

  #receive(text: string): void {
    const messages = `${this.#rest}${text}`.split('\0');
    this.#rest = messages.pop() ?? '';
    for (const message of messages.map((line) => JSON.parse(line) as Message)) {
      if (message.id !== undefined) this.#waiting.get(message.id)?.(message);
      else if (message.method !== undefined) {
        this.#heard.push({ method: message.method, params: message.params ?? {} });
        for (const listener of this.#listeners) listener(message.method);
      }
    }
  }
}
