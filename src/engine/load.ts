import { availableParallelism, totalmem } from 'node:os';

/** The load that this process puts on the machine. */
export interface Load {
  /** Share of all cores since the last measurement, from 0 to 1. */
  readonly cpu: number;
  /** Bytes of memory in use, and in total. */
  readonly memory: number;
  readonly of: number;
}

/** Measures the load of this process repeatedly. */
export class LoadMeter {
  #at: number;
  #cpu: number;

  constructor(
    private readonly now = (): number => performance.now(),
    private readonly used = (): number => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
    private readonly cores = availableParallelism(),
  ) {
    this.#at = now();
    this.#cpu = used();
  }

  /** The load since the last call. */
  read(): Load {
    const [at, cpu] = [this.now(), this.used()];
    const share = (cpu - this.#cpu) / Math.max(1, at - this.#at) / this.cores;
    this.#at = at;
    this.#cpu = cpu;
    return { cpu: Math.max(0, Math.min(1, share)), memory: process.memoryUsage.rss(), of: totalmem() };
  }
}
