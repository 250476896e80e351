import { kernels } from '../gpu/kernel.js';
import type { CommandInfo } from '../gpu/program.js';
import { fillConstants, shaderSource } from '../gpu/shader.js';
import { figure, type Table } from './report.js';

/**
 * How well a step could occupy a GPU, which its grids alone tell: a workgroup runs on one multiprocessor, so a dispatch of fewer
 * workgroups than the GPU has multiprocessors leaves some idle, and what one thread has to do in turns takes its time however
 * many others there are.
 */

/** Multiprocessors of a large GPU: an H100 has 132. */
export const MULTIPROCESSORS = 132;

/** The grid of one dispatch. */
export interface Grid {
  readonly kernel: string;
  readonly scope: string;
  readonly workgroups: number;
  readonly threads: number;
  /** Numbers of the tensors it binds, for each of its threads: about as many as a thread loads and stores in turns. */
  readonly share: number;
}

/** What the grids of a step have in common. */
export interface Occupancy {
  readonly dispatches: number;
  /** Dispatches of a single workgroup. */
  readonly single: number;
  /** Dispatches of fewer workgroups than a large GPU has multiprocessors. */
  readonly few: number;
  /** The sum of the shares: how many numbers are handled one after the other in a step. */
  readonly serial: number;
}

/** Invocations of a workgroup of this command. */
function workgroupSize({ kernel, constants }: CommandInfo): number {
  const { shader, entry } = kernels.get(kernel) ?? { shader: '', entry: '' };
  const code = fillConstants(shader, shaderSource(shader), constants);
  const size = new RegExp(`@workgroup_size\\((\\d+)\\)\\s*fn ${entry}\\(`).exec(code)?.[1];
  if (size === undefined) throw new Error(`${kernel}: no @workgroup_size(NUMBER) before its entry point`);
  return Number(size);
}

/** The grids of a program's commands. */
export function gridsOf(commands: readonly CommandInfo[]): Grid[] {
  return commands.map((command) => {
    const { kernel, scope, workgroups, bytes } = command;
    const threads = workgroups * workgroupSize(command);
    return { kernel, scope, workgroups, threads, share: bytes / 4 / threads };
  });
}

/** Counts of the grids that leave a GPU idle. */
export function occupancyOf(grids: readonly Grid[]): Occupancy {
  return {
    dispatches: grids.length,
    single: grids.filter(({ workgroups }) => workgroups === 1).length,
    few: grids.filter(({ workgroups }) => workgroups < MULTIPROCESSORS).length,
    serial: Math.round(grids.reduce((sum, { share }) => sum + share, 0)),
  };
}

/** One line on a step. */
export function occupancyText({ dispatches, single, few, serial }: Occupancy): string {
  return `${dispatches} dispatches, ${single} of one workgroup, ${few} of fewer than ${MULTIPROCESSORS}; ${serial} numbers for a thread in turns`;
}

/** The grids in their order. */
export function gridTable(grids: readonly Grid[]): Table {
  return {
    head: ['kernel', 'layer', 'workgroups', 'threads', 'numbers for a thread'],
    rows: grids.map(({ kernel, scope, workgroups, threads, share }) => [
      ...[kernel, scope, String(workgroups), String(threads), figure(share)],
    ]),
  };
}
