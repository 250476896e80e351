import type { Note } from './app_state.js';

/** How long it stands on the screen that something was done. */
export const FADE_MS = 8000;

/** Notices how long a note has stood. What was done needs no reading later; errors and what is still going on stay. */
export class FadingNote {
  #note: Note | undefined;
  #since = 0;

  /** To call once in a while. @param now in milliseconds @returns the note to show from now on */
  after(note: Note | undefined, now: number): Note | undefined {
    if (note !== this.#note) this.#since = now;
    this.#note = note;
    return note?.kind === 'good' && now - this.#since >= FADE_MS ? undefined : note;
  }
}
