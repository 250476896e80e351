import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { studiesList } from '../../src/engine/requests/studies.js';
import { runStudy } from '../../src/study/run_study.js';
import type { CvSettings } from '../../src/study/settings.js';
import { findStudy, listStudies, studyJson } from '../../src/study/studies.js';
import { Study } from '../../src/study/study.js';
import { runCli } from '../helpers/cli.js';
import { advisers, fakeRunner, hooks, newFolder, settings } from './fakes.js';

/** Studies whose files were damaged, or changed by hand. */

const CV: CvSettings = {
  ...{ kind: 'cv', created: '2026-01-02', trials: 2, objective: 'loss', folds: 2, repeats: 1 },
  ...{ configs: { a: {} }, settings: { epochs: 1 } },
};

/** A study of four trials that are complete. */
async function finished(): Promise<Study> {
  const study = Study.create(join(newFolder(), 's'), settings());
  await runStudy(study, advisers(), fakeRunner, hooks());
  return study;
}

describe('study.yaml', () => {
  const wrong = Object.entries({
    ...{ kind: 'other', created: 5, trials: 0, objective: 'beauty', settings: {}, method: 'guess' },
    ...{ pruner: 'shears', minEpochs: 'two', reduction: undefined, seed: 'x', space: [1] },
  });
  const wrongCv = Object.entries({ folds: undefined, repeats: 1.5, configs: 'a' });

  it.each([
    ...wrong.map(([name, value]) => [settings(), name, value] as const),
    ...wrongCv.map(([name, value]) => [CV, name, value] as const),
  ])('of a %o with a wrong %s is told', (told, name, value) => {
    const path = join(newFolder(), 's');
    Study.create(path, told);
    expect(Study.open(path).settings).toEqual(told);
    const file = join(path, 'study.yaml');
    writeFileSync(file, stringify({ ...parse(readFileSync(file, 'utf8')), [name]: value }));
    expect(() => Study.open(path)).toThrow(`study.yaml: ${name} is missing or wrong; the file is damaged`);
  });

  it.each(['', '5', '[]', 'text', 'kind: search'])('that reads %j is told', (text) => {
    const path = Study.create(join(newFolder(), 's'), settings()).path;
    writeFileSync(join(path, 'study.yaml'), text);
    expect(() => Study.open(path)).toThrow('it lacks a version; the file is damaged');
  });

  it('that is missing beside trials is told, with what is left', async () => {
    const study = await finished();
    rmSync(join(study.path, 'study.yaml'));
    const told = `${study.path}/study.yaml: it is missing, and with it the settings of the study; restore it`;
    expect(() => Study.open(study.path)).toThrow(told);
    expect(() => findStudy('s', join(study.path, '..'))).toThrow(told);
    rmSync(join(study.path, 'trials.ndjson'));
    expect(() => findStudy('s', join(study.path, '..'))).toThrow('no study "s"; there are none');
  });

  it('among others is listed after those that were begun later', () => {
    const folder = newFolder();
    for (const [name, day] of [
      ['b', 2],
      ['a', 3],
      ['c', 1],
    ] as const)
      Study.create(join(folder, name), settings({ created: `2026-01-0${day}T00:00:00.000Z` }));
    expect(listStudies(folder).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  it('that cannot be read keeps no other study from being listed', async () => {
    const folder = newFolder();
    Study.create(join(folder, 'good'), CV);
    Study.create(join(folder, 'later'), settings());
    writeFileSync(join(folder, 'later/study.yaml'), 'version: 9\n');
    mkdirSync(join(folder, 'odd/study.yaml'), { recursive: true });
    const broken: string[] = [];
    const found = listStudies(folder, (path, { message }) => broken.push(`${path} ${message}`));
    expect(found.map(({ name }) => name)).toEqual(['good']);
    expect(broken.sort()).toEqual([
      expect.stringMatching(/later .*version 9; this version of fer-tui reads version 1/),
      expect.stringMatching(/odd .*cannot be read \(it is a folder\)/),
    ]);
    expect(() => findStudy('s9', folder)).toThrow('there are: good');
    const paths = await studiesList({ folder }, {} as never);
    expect(paths.map((path) => path.replace(folder, '')).sort()).toEqual(['/good', '/later', '/odd']);
    expect(paths[0]).toBe(join(folder, 'good'));

    const listed = await runCli(['studies', '--folder', folder]);
    expect([listed.code, listed.stdout]).toEqual([0, expect.stringContaining('good')]);
    expect(listed.stderr).toContain('version 9; this version');
    const json = await runCli(['studies', '--folder', folder, '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ studies: [{ name: 'good' }], broken: { length: 2 } });
    writeFileSync(join(folder, 'good/study.yaml'), 'a: [');
    expect(await runCli(['studies', '--folder', folder])).toMatchObject({ code: 5, stdout: '' });
  });
});

describe('trials.ndjson', () => {
  it.each([
    'binary \0\0',
    '[]',
    '{"number":2.5}',
    ...[
      { number: 'one' },
      { state: 'strange' },
      { values: null },
      { curve: ['high'] },
      { metric: 'high' },
      { epochs: '1' },
      { run: '../../elsewhere' },
      { run: 5 },
    ].map((part) => JSON.stringify(part)),
  ])('with the line %s leaves it out, and counts it', async (line) => {
    const study = await finished();
    const before = study.trials;
    const journal = join(study.path, 'trials.ndjson');
    const [last = ''] = readFileSync(journal, 'utf8').trim().split('\n').reverse();
    const text = line.startsWith('{"') ? JSON.stringify({ ...JSON.parse(last), ...JSON.parse(line) }) : line;
    appendFileSync(journal, `${text}\n\n`);
    const opened = Study.open(study.path);
    expect(opened.trials).toEqual(before);
    expect(opened.damagedLines).toBe(1);
    expect(studyJson(opened)).toMatchObject({ damagedLines: 1 });
  });

  it('that is missing beside runs is told, wherever the study is read, and nothing is trained again', async () => {
    const study = await finished();
    mkdirSync(join(study.path, 'trials/t1'), { recursive: true });
    const list = join(study.path, 'trials.ndjson');
    rmSync(list);
    const told = `${list}: it is missing, with the results of 1 trial; restore it from a copy, or remove ${study.path}/trials`;
    expect(() => Study.open(study.path)).toThrow(told);
    for (const line of [
      ['search', '--resume', study.path],
      ['studies', 'show', study.path],
      ['trial', study.path, '1'],
    ])
      expect(await runCli(line)).toMatchObject({
        code: 5,
        stdout: '',
        stderr: expect.stringContaining(told),
      });
    expect(existsSync(list)).toBe(false);
    rmSync(join(study.path, 'trials'), { recursive: true });
    expect(Study.open(study.path).trials).toEqual([]);
  });

  it('that is removed while the study is open is told before the next trial begins', async () => {
    const study = Study.create(join(newFolder(), 's'), settings());
    mkdirSync(join(study.path, 'trials/t1'));
    await expect(study.take(advisers())).rejects.toThrow('trials.ndjson: it is missing');
  });

  it('that is whole has no damaged line, also while the last one is being written', async () => {
    const study = await finished();
    appendFileSync(join(study.path, 'trials.ndjson'), '{"number":1,"val');
    const opened = Study.open(study.path);
    expect([opened.trials.length, opened.damagedLines]).toEqual([4, 0]);
    expect(studyJson(opened)).not.toHaveProperty('damagedLines');
  });
});
