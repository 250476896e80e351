import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jpegOf } from './matroska.js';

/** What the server does after the pictures of a connection: close it, or keep it open without a word. */
export type After = 'drop' | 'stall';

/**
 * A network camera on this machine: JPEG pictures over HTTP, as fast as they are read.
 * @param connections what happens to each connection, in order: how many pictures are sent, and what is next. There are no further ones.
 */
export async function mjpegServer(
  connections: readonly (readonly [pictures: number, after: After])[],
): Promise<{ url: string; close: () => void }> {
  let served = 0;
  const server: Server = createServer((_, response) => {
    const plan = connections[served++];
    if (plan === undefined) return void response.writeHead(503).end();
    send(response, plan[0]);
    if (plan[1] === 'drop') response.end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v.mjpg`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function send(response: ServerResponse, pictures: number): void {
  response.writeHead(200, { 'Content-Type': 'multipart/x-mixed-replace; boundary=f' });
  for (let i = 0; i < pictures; i++) {
    const picture = jpegOf(64, 48, (i * 10) & 255);
    response.write(`--f\r\nContent-Type: image/jpeg\r\nContent-Length: ${picture.length}\r\n\r\n`);
    response.write(picture);
    response.write('\r\n');
  }
}
