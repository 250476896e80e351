import { isIP } from 'node:net';
import { UsageError } from '../util/errors.js';

/** The environment variable with the address, used if the command line gives none. Other users of a machine cannot read it. */
export const ADDRESS_VARIABLE = 'FER_TUI_QUEUE';

/** The address of a queue, with the field names of ioredis. */
export interface QueueAddress {
  readonly host: string;
  readonly port: number;
  /** Number of the database. */
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  /** For `rediss://`: TLS, with the certificate of the server checked against this name; without one, against the IP address. */
  readonly tls?: { readonly servername?: string };
}

const EXAMPLE = 'redis://HOST, redis://:PASSWORD@HOST:6379/0 or rediss://USER:PASSWORD@HOST for TLS';

/**
 * Reads the URL of a queue.
 * @param given from the command line; undefined or empty: the environment variable FER_TUI_QUEUE
 * Throws UsageError. Its message never contains the URL, which may have a password in it.
 */
export function queueAddress(given: string | undefined, env: NodeJS.ProcessEnv = process.env): QueueAddress {
  const text = given || env[ADDRESS_VARIABLE] || '';
  const source = given ? '--queue' : ADDRESS_VARIABLE;
  if (text === '') throw new UsageError(`no queue: give --queue ${EXAMPLE}, or set ${ADDRESS_VARIABLE}`);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '') {
    throw new UsageError(`${source}: not the address of a queue; expected ${EXAMPLE}`);
  }
  const db = /^\/?$/.test(url.pathname) ? '0' : url.pathname.slice(1);
  if (!/^\d{1,4}$/.test(db) || url.search !== '' || url.hash !== '') {
    throw new UsageError(`${source}: after the host, only the number of a database may follow, as in /0`);
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1'); // an IPv6 address
  return {
    ...{ host, port: Number(url.port || 6379), db: Number(db) },
    ...(url.username !== '' && { username: decoded(url.username, source) }),
    ...(url.password !== '' && { password: decoded(url.password, source) }),
    ...(url.protocol === 'rediss:' && { tls: isIP(host) ? {} : { servername: host } }),
  };
}

function decoded(part: string, source: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new UsageError(`${source}: a % in the user or password is written %25`);
  }
}

/** The address for messages and files: without user and password. */
export function addressText({ host, port, db, tls }: QueueAddress): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `${tls ? 'rediss' : 'redis'}://${name}:${port}${db === 0 ? '' : `/${db}`}`;
}

/** Whether a URL on the command line shows a password to everyone who lists the processes of this machine. */
export function showsPassword(given: string | undefined): boolean {
  return given !== undefined && URL.canParse(given) && new URL(given).password !== '';
}
