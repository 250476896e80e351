import { closeSync, openSync, writeSync } from 'node:fs';
import { writeError } from '../util/atomic_write.js';
import { csvLine } from '../util/csv.js';
import { roundBox } from './geometry.js';
import { checkNewFile } from './new_file.js';
import type { Face } from './protocol.js';
import type { Frame } from './source.js';

const COLUMNS = ['time', 'frame', 'file', 'track', 'x', 'y', 'width', 'height', 'label'];

/**
 * A CSV file with a line for every face of every frame. The lines of a frame are written at once and not kept back, so a process
 * that is killed loses at most the frame that it works on.
 */
export class FaceTable {
  readonly #path: string;
  readonly #file: number;
  readonly #classes: readonly string[];

  /** Opens the file and writes the names of the columns. Throws UsageError if it exists, RunError. */
  constructor(path: string, classes: readonly string[]) {
    checkNewFile('--csv', path);
    this.#path = path;
    this.#classes = classes;
    try {
      this.#file = openSync(path, 'wx');
    } catch (cause) {
      throw writeError(path, cause);
    }
    this.#write([[...COLUMNS, ...classes]]);
  }

  /**
   * Adds the faces of a frame.
   * @param classes in the order of the probabilities. Another model may have others: classes without a column are left out
   */
  add(
    { index, t, path = '' }: Pick<Frame, 'index' | 't' | 'path'>,
    faces: readonly Face[],
    classes: readonly string[],
  ): void {
    this.#write(
      faces.map(({ track, box, label, probabilities }) => {
        const { x, y, width, height } = roundBox(box);
        const shares = this.#classes.map((name) => probabilities[classes.indexOf(name)]?.toFixed(4) ?? '');
        return [t.toFixed(3), index, path, track, x, y, width, height, label, ...shares];
      }),
    );
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(rows: readonly (readonly (string | number)[])[]): void {
    if (rows.length === 0) return;
    try {
      writeSync(this.#file, rows.map((row) => `${csvLine(row)}\n`).join(''));
    } catch (cause) {
      throw writeError(this.#path, cause);
    }
  }
}
