import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';

/**
 * A real pseudo-terminal with a program in it and an emulator that reads it: for end-to-end tests, measurements and the
 * captured screens of the documentation.
 */
export class Terminal {
  /** Everything that the program wrote. */
  raw = '';
  /** Resolves with the exit code as a shell tells it: 128 and the number of the signal, where one has ended the program. */
  exited;
  #pty;
  #xterm;
  #watchers = new Set();
  /** Whether a frame has arrived in part. */
  #updating = false;

  /**
   * @param {string} file
   * @param {string[]} args
   * @param {{ cols?: number, rows?: number, cwd?: string, env?: Record<string, string> }} [options]
   */
  constructor(file, args, { cols = 100, rows = 30, cwd = process.cwd(), env = {} } = {}) {
    const { CI: _ci, NO_COLOR: _color, TMUX: _tmux, ...inherited } = process.env;
    this.#xterm = new xterm.Terminal({ cols, rows, allowProposedApi: true });
    this.#pty = spawn(file, args, {
      ...{ name: 'xterm-256color', cols, rows, cwd },
      env: {
        ...{ ...inherited, LANG: 'C.UTF-8', COLORTERM: 'truecolor', FER_TUI_GRAPHICS: 'none' },
        // Nothing of an earlier start is remembered.
        ...{ XDG_STATE_HOME: mkdtempSync(join(tmpdir(), 'fer-tui-state-')), ...env },
      },
    });
    this.#watchUpdates();
    this.#pty.onData((data) => {
      this.raw += data;
      this.#xterm.write(data, () => {
        for (const watcher of this.#watchers) watcher();
      });
    });
    this.exited = new Promise((resolve) =>
      this.#pty.onExit(({ exitCode, signal }) => resolve(signal ? 128 + signal : exitCode)),
    );
  }

  /** Follows synchronized updates (mode 2026): as on a real terminal, only whole frames are looked at. */
  #watchUpdates() {
    for (const [final, begins] of [
      ['h', true],
      ['l', false],
    ]) {
      this.#xterm.parser.registerCsiHandler({ prefix: '?', final }, ([mode]) => {
        if (mode === 2026) this.#updating = begins;
        return false; // the emulator sets its own modes
      });
    }
  }

  get pid() {
    return this.#pty.pid;
  }

  /** Whether the program is on the alternate screen. */
  get alternate() {
    return this.#xterm.buffer.active.type === 'alternate';
  }

  /** The rows as text, without blanks at their ends. */
  lines() {
    const buffer = this.#xterm.buffer.active;
    return Array.from({ length: this.#xterm.rows }, (_, y) =>
      (buffer.getLine(buffer.baseY + y)?.translateToString(true) ?? '').trimEnd(),
    );
  }

  text() {
    return this.lines().join('\n');
  }

  /** Types text, or sends the bytes of a key. */
  press(...keys) {
    for (const key of keys) this.#pty.write(KEYS[key] ?? key);
  }

  resize(cols, rows) {
    this.#xterm.resize(cols, rows);
    this.#pty.resize(cols, rows);
  }

  /** Resolves, with the milliseconds that it took, when the screen shows something; rejects with the screen after two minutes. */
  waitFor(what, timeoutMs = 120_000) {
    const begin = performance.now();
    const there = () =>
      !this.#updating && (what instanceof RegExp ? what.test(this.text()) : this.text().includes(what));
    return new Promise((resolve, reject) => {
      const done = (finish) => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        finish();
      };
      const look = () => {
        if (there()) done(() => resolve(performance.now() - begin));
      };
      const timer = setTimeout(
        () => done(() => reject(new Error(`no ${what} within ${timeoutMs} ms; the screen:\n${this.text()}`))),
        timeoutMs,
      );
      this.#watchers.add(look);
      look();
    });
  }

  /** Closes the terminal, as when its window is closed: the program gets SIGHUP. */
  hangUp() {
    this.#pty.destroy();
  }

  /** Ends the program. */
  kill(signal = 'SIGKILL') {
    this.#pty.kill(signal);
  }
}

const KEYS = {
  up: '\x1b[A',
  down: '\x1b[B',
  right: '\x1b[C',
  left: '\x1b[D',
  enter: '\r',
  escape: '\x1b',
  tab: '\t',
  space: ' ',
  backspace: '\x7f',
  home: '\x1b[H',
  end: '\x1b[F',
  delete: '\x1b[3~',
};
for (let code = 1; code <= 26; code++)
  KEYS[`ctrl+${String.fromCharCode(96 + code)}`] = String.fromCharCode(code);
