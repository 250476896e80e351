import type { TaskMeta } from 'vitest';
import type { Reporter, TestCase, TestModule, TestResult, TestState, TestSuite, Vitest } from 'vitest/node';

/** One test as the closing lines count it. */
export interface Counted {
  readonly name: string;
  readonly state: TestState;
  readonly reason?: string | undefined;
}

/**
 * The lines that close a test run: a line for each reason to skip tests, most tests first, then one line with all counts.
 * @param failures beyond failed tests, such as a file that does not load
 */
export function closingLines(tests: readonly Counted[], failures = 0): string[] {
  const reasons = new Map<string, number>();
  const count = { passed: 0, failed: failures, skipped: 0 };
  for (const { state, reason = 'no reason given' } of tests) {
    if (state === 'pending') continue;
    count[state]++;
    if (state === 'skipped') reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  return [
    ...[...reasons].sort(([, a], [, b]) => b - a).map(([reason, times]) => `${times} skipped: ${reason}`),
    `${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`,
  ];
}

/** The reason that a test gives: a requirement of needs.ts that is not met, or what it said to `skip` while it ran. */
export const givenReason = ({ skipped }: TaskMeta, result: TestResult): string | undefined =>
  skipped ?? (result.state === 'skipped' ? result.note : undefined);

/** A Vitest reporter: says what was skipped and why, and fails the run where a skip has no reason (see needs.ts). */
export default class SkipReasons implements Reporter {
  #filtered = false;

  onInit({ config }: Vitest): void {
    // With -t, tests that do not match are skipped too.
    this.#filtered = config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests: Counted[] = modules.flatMap((module) =>
      [...module.children.allTests()].map((test) => ({
        name: `${module.relativeModuleId} > ${test.fullName}`,
        state: test.result().state,
        reason: this.#reason(test),
      })),
    );
    const broken = modules.filter(
      (module) => !module.ok() && [...module.children.allTests('failed')].length === 0,
    );
    const unexplained = tests.filter(({ state, reason }) => state === 'skipped' && reason === undefined);
    if (unexplained.length > 0) {
      console.error('\nskipped without a reason (test/helpers/needs.ts gives one):');
      for (const { name } of unexplained) console.error(`  ${name}`);
      process.exitCode = 1;
    }
    console.log(`\n${closingLines(tests, broken.length + errors.length).join('\n')}`);
  }

  #reason(test: TestCase): string | undefined {
    const given = givenReason(test.meta(), test.result());
    if (given !== undefined) return given;
    if (this.#filtered) return 'does not match -t';
    for (let suite: TestSuite | TestModule = test.parent; ; suite = suite.parent) {
      if (suite.errors().length > 0) return 'the set-up of their suite failed';
      if (suite.type === 'module') return undefined;
    }
  }
}
