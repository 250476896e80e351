import { describe, expect, it } from 'vitest';
import type { FaceVotes } from '../../src/data/ferplus.js';
import type { Suspect } from '../../src/noise/confident_learning.js';
import { ferplusAgreement } from '../../src/noise/ferplus_agreement.js';

const votes = (classes: number[], nf = 0): FaceVotes => ({
  classes,
  others: { contempt: 0, unknown: 0, nf },
});
const suspect = (row: number, label: number, proposed: number): Suspect => ({
  ...{ row, label, proposed, own: 0.1, other: 0.8, score: 0.1 },
});

describe('the agreement with FER+', () => {
  it('counts disputed labels, confirmed suspects, and those whose proposed class is the majority', () => {
    const faces = [
      votes([8, 2]), // as labelled
      votes([2, 8]), // disputed; proposed
      votes([5, 5]), // a tie: the label stands
      votes([1, 0], 9), // no face
      votes([0, 0]), // no vote at all
      votes([1, 9]), // disputed, but no suspect
    ];
    const labels = [0, 0, 1, 0, 1, 0];
    const suspects = [suspect(1, 0, 1), suspect(2, 1, 0), suspect(3, 0, 1)];
    expect(ferplusAgreement(faces, labels, suspects)).toEqual({
      ...{ images: 6, disputed: 4, suspects: 3, confirmed: 2, sameClass: 1 },
    });
  });
});
