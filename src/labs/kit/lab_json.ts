import { sentenceOf } from './finding.js';
import type { LabReport } from './run_lab.js';

/** The report of a lab as one JSON object: every run, and the finding. Numbers that are not finite become null. */
export function labJson({ lab, results, finding, ...about }: LabReport) {
  const measures = Object.keys(lab.measures);
  return {
    v: 1,
    type: 'result',
    ...{ lab: lab.name, question: lab.question, complete: finding !== undefined },
    ...about,
    measures: lab.measures,
    variants: lab.variants.map(({ name, note }) => ({
      ...{ name, note },
      numbers: Object.fromEntries(measures.map((measure) => [measure, results.of(name, measure)])),
      curve: results.curve(name),
    })),
    runs: results.runs,
    finding: finding && { ...finding, sentence: sentenceOf(finding) },
  };
}
