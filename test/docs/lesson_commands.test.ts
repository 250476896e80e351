import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LESSONS } from '../../src/learn/lessons.js';
import { describeGpu } from '../helpers/gpu.js';
import { commandsOf, readLesson, unlike } from '../helpers/lesson.js';
import { copyOfTree, runScript } from '../helpers/lesson_sandbox.js';
import { needs } from '../helpers/needs.js';

describeGpu('the commands of a lesson print what it shows:', () => {
  let copy = '';
  beforeAll(() => {
    copy = copyOfTree('package.json');
  });
  afterAll(() => rmSync(copy, { recursive: true }));

  const cases = LESSONS.flatMap(({ file }) =>
    commandsOf(readLesson(file)).map((command, i) => ({ file, i, ...command })),
  ).filter(({ note }) => note !== 'exercise');
  const slow = ({ note }: { note: string }): boolean => note === 'slow';

  const check = async ({ script, printed, within }: (typeof cases)[number]): Promise<void> => {
    const result = await runScript(script, copy);
    expect(result.status, result.printed).toBe(0);
    if (printed !== undefined) expect(unlike(printed, result.printed, within)).toBeUndefined();
  };
  it.concurrent.each(cases.filter((command) => !slow(command)))('$file, command $i', check);
  // In order: some look at the run of an earlier one.
  it.each(cases.filter(slow))('$file, command $i', needs.full, check);
});
