import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readLog } from '../../src/train/event_log.js';

const path = join(mkdtempSync(join(tmpdir(), 'fer-tui-log-')), 'events.ndjson');

/** One event of each type, with no more than what the oldest logs hold. */
const EVENTS = [
  { type: 'start', t: '2026-01-01', model: 'fer-cnn', adapter: 'a', of: 2, config: {}, data: { name: 'd' } },
  { type: 'step', step: 1, epoch: 1, acc: 0.5, lr: 1e-3 },
  {
    type: 'epoch',
    epoch: 1,
    lr: 1e-3,
    seconds: 2,
    train: { loss: 1, acc: 0.5 },
    val: { loss: 1, acc: 0.5, recall: [1] },
  },
  { type: 'validation', epoch: 1, val: { loss: 1, acc: 0.5, recall: [1] } },
  { type: 'note', kind: 'data', message: 'm' },
  { type: 'result', epochs: 1, steps: 3, seconds: 2 },
  { type: 'error', message: 'm' },
  { type: 'end', status: 'finished' },
] as const;

/** Paths of the parts of an event, as `data.name`. */
const parts = (value: object, at = ''): string[] =>
  Object.entries(value).flatMap(([key, part]) =>
    typeof part === 'object' && !Array.isArray(part) && Object.keys(part).length > 0
      ? [`${at}${key}`, ...parts(part, `${at}${key}.`)]
      : [`${at}${key}`],
  );

/** A copy of an event with one part replaced. */
function having(event: object, part: string, value: unknown): object {
  const copy = structuredClone(event) as Record<string, unknown>;
  const keys = part.split('.');
  const last = keys.pop() as string;
  const parent = keys.reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, copy);
  parent[last] = value;
  return copy;
}

function read(event: unknown) {
  writeFileSync(path, `${JSON.stringify(EVENTS[6])}\n${JSON.stringify(event)}\n`);
  return readLog(path);
}

describe('a line of a log', () => {
  it.each(EVENTS)('of the type $type is an event', (event) => {
    expect(read(event)).toEqual({ events: [EVENTS[6], event], damagedAfter: undefined });
  });

  it.each(
    EVENTS.flatMap((event) => parts(event).map((part) => [event.type, part, event] as const)),
  )('of the type %s without %s, or with another kind of it, is damage', (_, part, event) => {
    const optional = event.type === 'epoch' && part === 'val';
    for (const wrong of [optional ? 7 : undefined, null, [{}]]) {
      const lossOfNaN = part.endsWith('loss') && wrong === null;
      expect(read(having(event, part, wrong)).damagedAfter, String(wrong)).toBe(lossOfNaN ? undefined : 1);
    }
  });

  it.each([
    7,
    null,
    'text',
    [],
    {},
    { type: 'constructor' },
    { type: 'other' },
    { type: '__proto__' },
  ])('that is %j is damage', (line) => expect(read(line).damagedAfter).toBe(1));
});
