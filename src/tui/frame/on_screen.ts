import type { Instance } from 'ink';
import type { Painter } from '../painter.js';
import type { Program } from '../program.js';
import { frameLines, layersOf } from './frame.js';

/**
 * The UI on the screen. Loading Ink takes longer than the rest of the start. Until it has loaded, this class draws the same rows
 * and layers itself after every change of the state.
 */
export class OnScreen {
  #ink: Instance | undefined;
  #over = false;
  #painted: ReadonlySet<string> = new Set();
  #unsubscribe: (() => void) | undefined;

  constructor(
    private readonly program: Program,
    private readonly painter: Painter,
  ) {}

  /** Draws the first frame. */
  begin(): void {
    this.#draw();
    this.#unsubscribe = this.program.store.subscribe(() => this.#draw());
  }

  /** Loads and mounts the components; resolves when they have ended. Rejects with what one of them throws. */
  async handOver(): Promise<void> {
    const { mount } = await import('../mount.js');
    if (this.#over) return;
    this.#ink = mount(this.program, this.painter);
    this.#unsubscribe?.();
    await this.#ink.waitUntilExit();
  }

  end(): void {
    this.#over = true;
    this.#unsubscribe?.();
    this.#ink?.unmount();
  }

  #draw(): void {
    const { program, painter } = this;
    const app = program.store.snapshot();
    const layers = layersOf(app, program);
    for (const id of this.#painted) if (!layers.has(id)) painter.erase(id);
    for (const [id, layer] of layers) painter.paint(id, layer);
    painter.draw(frameLines(app, program).join('\n'));
    this.#painted = new Set(layers.keys());
  }
}
