import { spawnSync } from 'node:child_process';

const ip = (...args: string[]): boolean => spawnSync('ip', args).status === 0;

/** Two network namespaces with a cable between them: two machines, as far as connections go. */
export interface NetSpaces {
  /** Words before a command that is to run on one of them. */
  readonly here: readonly string[];
  readonly there: readonly string[];
  /** Address of the first. */
  readonly address: string;
  remove(): void;
}

/** Makes them; undefined where that is not allowed. It takes root on Linux. */
export function netSpaces(): NetSpaces | undefined {
  const [here, there] = [`fer-a-${process.pid}`, `fer-b-${process.pid}`];
  const remove = (): void => {
    for (const name of [here, there]) ip('netns', 'del', name);
  };
  const made =
    ip('netns', 'add', here) &&
    ip('netns', 'add', there) &&
    ip('link', 'add', 'cable', 'netns', here, 'type', 'veth', 'peer', 'name', 'cable', 'netns', there) &&
    ip('-n', here, 'addr', 'add', '10.77.0.1/24', 'dev', 'cable') &&
    ip('-n', there, 'addr', 'add', '10.77.0.2/24', 'dev', 'cable') &&
    [here, there].every((name) => ['lo', 'cable'].every((link) => ip('-n', name, 'link', 'set', link, 'up')));
  if (!made) {
    remove();
    return undefined;
  }
  const within = (name: string): string[] => ['ip', 'netns', 'exec', name];
  return { here: within(here), there: within(there), address: '10.77.0.1', remove };
}
