import type { Note } from './app_state.js';

/** Milliseconds for which a note about a finished action is shown. */
export const FADE_MS = 8000;

/** Hides a note about a finished action after a while. Notes about errors and about work in progress stay. */
export class FadingNote {
  #note: Note | undefined;
  #since = 0;

  /** Call this regularly. @param now in milliseconds @returns the note to show from now on */
  after(note: Note | undefined, now: number): Note | undefined {
    if (note !== this.#note) this.#since = now;
    this.#note = note;
    return note?.kind === 'good' && now - this.#since >= FADE_MS ? undefined : note;
  }
}
