import { mkdtempSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { clearTemporary, isTemporary, temporaryName } from '../../src/util/temporary.js';

const own = basename(temporaryName('a'));
/** The same process id, of a process that started at another time. */
const before = own.replace(/-[\da-f]{8}-/, '-01234567-');
const elsewhere = 'a.1-01234567-01234567.tmp';
const all = [own, before, elsewhere, 'a.999999999.tmp', 'a.1.tmp', 'a.tmp', 'a.0123456789ab.new'];

function left(whose: 'ours' | 'shared', ageS = 0): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'fer-tui-temporary-'));
  for (const name of all) {
    writeFileSync(join(folder, name), '');
    const then = Date.now() / 1000 - ageS;
    utimesSync(join(folder, name), then, then);
  }
  clearTemporary(folder, whose);
  return readdirSync(folder).sort();
}

it('temporary files of processes that are gone are removed, and no others', () => {
  const unknown = ['a.1.tmp', elsewhere, 'a.0123456789ab.new'];
  expect(left('shared')).toEqual([own, 'a.tmp', ...unknown].sort());
  expect(left('shared', 4000)).toEqual([own, 'a.tmp'].sort());
  expect(left('ours')).toEqual([own, 'a.tmp'].sort());
  expect(all.filter(isTemporary)).toEqual(all.filter((name) => name !== 'a.tmp'));
});

it('a folder that is not there is nothing to clear', () => {
  clearTemporary('/nowhere', 'shared');
});
