import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REDIS_SERVERS } from '../../scripts/platform.mjs';

/** The first of these programs that is installed; they understand the same options. */
export const REDIS_SERVER = REDIS_SERVERS.find((program) => spawnSync(program, ['--version']).status === 0);

/** A free port of this machine. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** A real server in a process of its own, with its files in a temporary folder. */
export class RedisServer {
  readonly #folder = mkdtempSync(join(tmpdir(), 'fer-tui-redis-'));
  #process: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly options: readonly string[],
    private readonly before: readonly string[],
  ) {}

  /**
   * Starts a server that listens on this machine only.
   * @param options further options of redis-server, e.g. `--requirepass`, `x`; with a certificate it speaks TLS
   */
  static async start(...options: string[]): Promise<RedisServer> {
    return RedisServer.within([], '127.0.0.1', ...options);
  }

  /**
   * Starts a server in a network namespace.
   * @param before words before its command
   * @param host where it listens
   */
  static async within(before: readonly string[], host: string, ...options: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), ['--bind', host, ...options], before);
    await server.launch();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it again after `kill`, with what it had written to the disk. Resolves when it accepts connections. */
  async launch(): Promise<void> {
    const port = this.options.includes('--tls-cert-file') ? '--tls-port' : '--port';
    const places = ['--dir', this.#folder, '--save', '', '--appendonly', 'yes'];
    const args = [...places, '--appendfsync', 'always', ...this.options, port, String(this.port)];
    const [program = '', ...words] = [...this.before, REDIS_SERVER ?? 'redis-server', ...args];
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#process = child;
    await new Promise<void>((resolve, reject) => {
      let printed = '';
      child.stdout.on('data', (text: Buffer) => {
        printed += text.toString();
        if (/Ready to accept connections/.test(printed)) resolve();
      });
      child.once('exit', () => reject(new Error(`the server has ended:\n${printed}`)));
    });
  }

  /** Kills it, with no chance to clean up. */
  kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.kill('SIGKILL');
    });
  }
}
