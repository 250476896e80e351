import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LABS } from '../../src/labs/all.js';

const PAGES = readFileSync('docs/labs.md', 'utf8').replaceAll(/\s+/g, ' ').split(' ## ').slice(1);

describe('docs/labs.md', () => {
  it('has a page for each lab, and for no other', () => {
    const names = PAGES.map((page) => page.slice(0, page.indexOf(' ')));
    expect(names.sort()).toEqual(LABS.map(({ name }) => name).sort());
  });

  it.each(
    LABS.map(({ name, question }) => [name, question]),
  )('says of %s what it asks, what is varied, what to notice, and sets an exercise', (name, question) => {
    const page = PAGES.find((one) => one.startsWith(`${name} `)) ?? '';
    for (const part of [`**${question}**`, 'Varied: ', 'Notice: ', 'Exercise: '])
      expect(page).toContain(part);
  });
});
