import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from '../helpers/cli.js';
import { freePort } from '../helpers/redis_server.js';

/** Servers that are none, or do not answer: what the program says about them, and what it leaves. */

const folder = mkdtempSync(join(tmpdir(), 'fer-tui-unreachable-'));
const SPACE = join(folder, 'space.yaml');
writeFileSync(SPACE, 'space: {lr: [0.001, 0.01]}\n');

const servers: Server[] = [];
const sockets: Socket[] = [];
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
});

/** The port of a server that treats every connection so. */
function serve(act: (socket: Socket) => void): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      sockets.push(socket.on('error', () => undefined));
      act(socket);
    });
    servers.push(server);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

/** What speaks another protocol. */
const web = (socket: Socket): unknown =>
  socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));

const PLACES: readonly [string, () => Promise<number>, RegExp][] = [
  ['nobody listens', freePort, /ECONNREFUSED/],
  ['a server of another kind', () => serve(web), /Protocol error|closed/],
  ['a server that never answers', () => serve(() => undefined), /no answer within 10 seconds/],
];

describe.concurrent.each(PLACES)('a queue where %s', (_, place, reason) => {
  it.each(['search', 'worker'])('ends %s with exit code 10, and shows no password', async (command) => {
    const port = await place();
    const out = join(folder, String(port));
    const url = `redis://ann:hunter2@127.0.0.1:${port}`;
    const args = command === 'search' ? [SPACE, '--data', 'synthetic:70', '--out', out] : [];
    const run = await runCli([command, ...args, '--queue', url, '--json']);
    const said = `${run.stdout}${run.stderr}`;
    expect([run.code, said]).toEqual([10, expect.stringMatching(reason)]);
    expect(said).toContain(`cannot use the queue at ${url.replace('ann:hunter2@', '')}: `);
    expect(said).toContain('is a Redis or Valkey server running there');
    expect(said).not.toContain('hunter2');
    expect(existsSync(out), 'a study that cannot begin leaves no folder').toBe(false);
  });
});
