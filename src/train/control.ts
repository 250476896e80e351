/** Why a run was asked to stop. */
export type StopReason = 'sigint' | 'sigterm' | 'pipe';

/** Asked by the trainer between batches; told by whoever watches. The first reason counts. */
export class Control {
  #reason: StopReason | undefined;

  stop(reason: StopReason): void {
    this.#reason ??= reason;
  }

  get stopped(): StopReason | undefined {
    return this.#reason;
  }
}
