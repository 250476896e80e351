import { type FaceVotes, majorityOf } from '../data/ferplus.js';
import type { Suspect } from './confident_learning.js';

/** How the ten people of FER+ judge the training images and the suspects among them. All are numbers of images. */
export interface FerplusAgreement {
  /** Training images with votes. */
  readonly images: number;
  /** Images whose majority is not their label: another class, contempt, unknown, or no face. */
  readonly disputed: number;
  readonly suspects: number;
  /** Suspects whose label is disputed. */
  readonly confirmed: number;
  /** Confirmed suspects whose majority is the proposed class. */
  readonly sameClass: number;
}

/**
 * Compares suspects with the votes of FER+.
 * @param votes of each training image, in order @param labels of each training image
 */
export function ferplusAgreement(
  votes: readonly FaceVotes[],
  labels: ArrayLike<number>,
  suspects: readonly Suspect[],
): FerplusAgreement {
  const majority = votes.map((face, row) => majorityOf(face, labels[row] as number) ?? 'unknown');
  const disputes = (row: number): boolean => majority[row] !== labels[row];
  const confirmed = suspects.filter(({ row }) => disputes(row));
  return {
    images: votes.length,
    disputed: votes.filter((_, row) => disputes(row)).length,
    suspects: suspects.length,
    confirmed: confirmed.length,
    sameClass: confirmed.filter(({ row, proposed }) => majority[row] === proposed).length,
  };
}
