import { actionsOf } from './actions.js';
import type { App } from './keys.js';
import type { Piece, Size } from './layout.js';
import { type Scene, sceneOf } from './scene.js';

/** What Ink lays out: it changes seldom. */
export interface Frame {
  readonly size: Size;
  readonly pieces: readonly Piece[];
}

/**
 * Between the state and what is drawn: makes a scene of every change. The frame goes to React, and only when it differs;
 * what lies in the panels is handed to `paint` at once, because laying out every character anew costs Ink some 20 ms.
 */
export class Stage {
  readonly #listeners = new Set<() => void>();
  #frame: Frame;
  #text: string;

  /** @param fail takes what a screen threw */
  constructor(
    private readonly app: App,
    private readonly paint: (scene: Scene) => void,
    private readonly fail: (error: unknown) => void,
  ) {
    const scene = this.#scene();
    this.#frame = { size: app.store.snapshot().size, pieces: scene.frame };
    this.#text = textOf(this.#frame);
    this.paint(scene);
    app.store.subscribe(() => this.#update());
  }

  readonly frame = (): Frame => this.#frame;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #scene(): Scene {
    const { store, screens, engine } = this.app;
    return sceneOf(store.snapshot(), screens, (name) => actionsOf(store, screens, engine, name));
  }

  #update(): void {
    try {
      const scene = this.#scene();
      const frame = { size: this.app.store.snapshot().size, pieces: scene.frame };
      const text = textOf(frame);
      if (text !== this.#text) {
        this.#frame = frame;
        this.#text = text;
        for (const listener of this.#listeners) listener();
      }
      this.paint(scene);
    } catch (error) {
      this.fail(error);
    }
  }
}

function textOf({ size, pieces }: Frame): string {
  return [
    `${size.cols}x${size.rows}`,
    ...pieces.flatMap(({ at, lines }) => [`${at.x},${at.y}`, ...lines]),
  ].join('\n');
}
