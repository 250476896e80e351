import { expect, it } from 'vitest';
import { addressText, queueAddress, showsPassword } from '../../src/queue/address.js';
import { PathMap } from '../../src/queue/paths.js';
import { UsageError } from '../../src/util/errors.js';

it.each([
  ['redis://h', { host: 'h', port: 6379, db: 0 }, 'redis://h:6379'],
  ['redis://h:7000/3', { host: 'h', port: 7000, db: 3 }, 'redis://h:7000/3'],
  ['redis://:p%40ss@h/', { host: 'h', port: 6379, db: 0, password: 'p@ss' }, 'redis://h:6379'],
  [
    'rediss://ann:secret@10.0.0.5',
    {
      host: '10.0.0.5',
      port: 6379,
      db: 0,
      username: 'ann',
      password: 'secret',
      tls: {}, // a name to check must not be an IP address (RFC 6066)
    },
    'rediss://10.0.0.5:6379',
  ],
  ['rediss://h', { host: 'h', port: 6379, db: 0, tls: { servername: 'h' } }, 'rediss://h:6379'],
  ['redis://[::1]:7000', { host: '::1', port: 7000, db: 0 }, 'redis://[::1]:7000'],
])('%s is an address', (url, address, text) => {
  expect(queueAddress(url, {})).toEqual(address);
  expect(addressText(queueAddress(url, {}))).toBe(text);
});

it('comes from the environment where the command line does not say', () => {
  const env = { FER_TUI_QUEUE: 'redis://:secret@there' };
  expect(queueAddress(undefined, env)).toMatchObject({ host: 'there', password: 'secret' });
  expect(queueAddress('', env)).toMatchObject({ host: 'there' });
  expect(queueAddress('redis://here', env)).toEqual({ host: 'here', port: 6379, db: 0 });
  expect(() => queueAddress(undefined, {})).toThrow(/no queue: give --queue .*FER_TUI_QUEUE/);
});

it.each([
  'http://u:hunter2@h',
  'hunter2',
  'redis://:hunter2@',
  'redis://u:hunter2@h/x',
  'redis://u:hunter2@h?db=1',
  'redis://u:hunter2@h/12345',
  'redis://u:hunter2%@h',
])('%s is none, and the message does not repeat it', (url) => {
  const read = () => queueAddress(url, {});
  expect(read).toThrow(UsageError);
  expect(read).not.toThrow(/hunter2/);
});

it('notices a password on the command line', () => {
  expect(showsPassword('redis://:secret@h')).toBe(true);
  expect(['redis://h', '', undefined, 'x'].some(showsPassword)).toBe(false);
});

it('translates paths that are whole values, there and back', () => {
  const paths = new PathMap([
    ['runs/t1', '/tmp/w/t1'],
    ['a "b".csv', '/c/1.faces'],
  ]);
  const here = { out: 'runs/t1', data: 'a "b".csv', note: 'in runs/t1', epochs: 3 };
  const there = { out: '/tmp/w/t1', data: '/c/1.faces', note: 'in runs/t1', epochs: 3 };
  expect(paths.settings(here)).toEqual(there);
  expect(JSON.parse(paths.json(JSON.stringify(here)))).toEqual(there);
  expect(JSON.parse(paths.reversed.json(JSON.stringify(there)))).toEqual(here);
});
