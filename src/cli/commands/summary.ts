import { buildModel } from '../../nn/models.js';
import { EXIT } from '../../util/errors.js';
import type { GlobalArgs } from '../global_args.js';
import { writeJson } from '../run_command.js';
import { table } from '../table.js';

/** `fer-tui summary`: the table that Keras users know. */
export async function summary({ model, json }: { model: string } & GlobalArgs): Promise<number> {
  const { name, rows, trainable, nonTrainable } = buildModel(model).summary();
  const total = trainable + nonTrainable;
  if (json) {
    writeJson({ v: 1, type: 'result', model: name, layers: rows, total, trainable, nonTrainable });
    return EXIT.done;
  }
  const shape = (output: readonly (number | null)[]): string =>
    `(${output.map((n) => n ?? 'None').join(', ')})`;
  const count = (n: number): string => n.toLocaleString('en');
  const lines = rows.map(({ layer, type, output, params }) => [
    `${layer} (${type})`,
    shape(output),
    count(params),
  ]);
  process.stdout.write(
    `Model: "${name}"\n\n${table(['Layer (type)', 'Output Shape', 'Param #'], lines)}
Total params: ${count(total)}
Trainable params: ${count(trainable)}
Non-trainable params: ${count(nonTrainable)}\n`,
  );
  return EXIT.done;
}
