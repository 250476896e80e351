import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toOnnx } from '../../src/formats/onnx.js';
import { node, value } from '../../src/formats/onnx_proto.js';
import { isOnnx } from '../../src/formats/onnx_reading/file.js';
import { OPERATOR_NAMES, readOnnx } from '../../src/formats/onnx_reading/read.js';
import { bytes, double, float, integer, message } from '../../src/formats/protobuf.js';
import { fieldNumbers, ProtoMessage } from '../../src/formats/protobuf_reader.js';
import { encodeSafetensors } from '../../src/formats/safetensors.js';
import { buildModel } from '../../src/nn/models.js';
import { verify } from '../../src/train/verify.js';
import { openWeights } from '../../src/train/weights.js';
import { EXIT, FerError, RunError } from '../../src/util/errors.js';
import { newFolder } from '../helpers/keras_files.js';
import { randomWeights } from '../helpers/networks.js';
import { type Graph, onnxFile, type Step } from '../helpers/onnx_files.js';

const network = buildModel('fer-shallow', { filters: [2], dense: [3], inputShape: [8, 8, 1] });
const good = toOnnx(network, randomWeights(network), { classes: 'a' });

/** What is said of a graph. */
const said = (graph: Graph): string => {
  try {
    readOnnx(onnxFile(graph), 'm.onnx');
    return '';
  } catch (error) {
    expect(error).toMatchObject({ exitCode: EXIT.run });
    return (error as FerError).message;
  }
};
const conv = (attributes: Step[3] = {}, w: readonly number[] = [4, 2, 3, 3]): Graph => ({
  ...{ input: [2, 9, 8], nodes: [['Conv', 'c', ['x', 'w'], attributes]] },
  arrays: { w: { shape: w } },
});
const one = (
  op: string,
  attributes: Step[3] = {},
  inputs: readonly string[] = ['x'],
  arrays: Graph['arrays'] = {},
): Graph => ({
  ...{ input: [2, 9, 8], nodes: [[op, 'n', inputs, attributes]], arrays },
});

describe('an ONNX file is refused by the name of the node', () => {
  it.each([
    [
      one('LSTM'),
      `node "n" (LSTM): this operator is not supported; expected one of ${OPERATOR_NAMES.join(', ')}`,
    ],
    [one('toString'), 'node "n" (toString): this operator is not supported'],
    [
      one('MaxPool', { kernel_shape: [2, 2], dilations: [2, 2] }),
      'node "n" (MaxPool): dilations = [2, 2]; only 1 is supported',
    ],
    [conv({ pads: [2000, 0, 0, 0] }), 'node "c" (Conv): pads = [2000, 0, 0, 0]; expected four of 0 to 1000'],
    [conv({ kernel_shape: [5, 5] }), 'kernel_shape = [5, 5]; its kernel is [4, 2, 3, 3]'],
    [conv({ groups: 2 }), 'node "c" (Conv): groups is not supported'],
    [conv({}, [4, 3, 3, 3]), 'its kernel takes 3 channels; its input has 2'],
    [conv({}, [4, 2, 10, 3]), 'node "c" (Conv): '],
    [conv({}, [4, 2, 3]), 'its input 1 is [4, 2, 3]; expected 4 axes'],
    [{ ...conv({ group: 2 }, [5, 2, 3, 3]), input: [4, 9, 8] }, 'groups divide the filters'],
    [one('Gelu', {}, ['y']), 'node "n" (Gelu): its input "y" is not the output of a node before it'],
    [
      one('MaxPool', { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] }),
      'pads = [1, 1, 1, 1] around numbers that may be below 0',
    ],
    [
      one('AveragePool', { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] }),
      'pads = [1, 1, 1, 1] that are not counted',
    ],
    [one('ReduceMean', { axes: [1] }), 'axes = [1]; only the height and width of images'],
    [one('Clip', { min: { float: -1 }, max: { float: 1 } }), 'its lower limit is -1; only 0 is supported'],
    [
      {
        input: [2, 9, 8],
        nodes: [
          ['ReduceMean', 'm', ['x'], { axes: [2, 3], keepdims: 0 }],
          ['Mul', 'n', ['m', 'x']],
        ],
      },
      'its inputs are [batch, 2] and [batch, 2, 9, 8]; only the same, or one number for each channel',
    ],
    [
      one('Add', {}, ['x', 'a'], { a: { shape: [9, 8] } }),
      'numbers [9, 8] with [batch, 2, 9, 8]; only one number',
    ],
    [one('Relu', {}, ['y']), 'node "n" (Relu): its input "y" is not the output of a node before it'],
    [one('Relu', {}, ['a'], { a: { shape: [2] } }), 'its input 0 is stored in the file'],
    [one('Transpose', { perm: [1, 0, 2, 3] }), 'perm = [1, 0, 2, 3]; the batch has to stay in front'],
    [
      one('Reshape', {}, ['x', 'shape'], { shape: { shape: [3], data: [-1, 2, 72] } }),
      '[batch, 2, 9, 8] becomes [batch, 2, 72]; only a vector of all values is supported',
    ],
    [
      one('LayerNormalization', { axis: 2 }, ['x', 'a'], { a: { shape: [9] } }),
      'axes = [2]; only that of the channels is supported',
    ],
    [
      one('Pad', {}, ['x', 'pads'], { pads: { shape: [8], data: [0, 1, 0, 0, 0, 0, 0, 0] } }),
      'pads = [0, 1, 0, 0, 0, 0, 0, 0]; only rows and columns are supported',
    ],
    [
      one('Pad', {}, ['x', 'pads'], { pads: { shape: [8], data: [0, 0, 0, 0, 0, 2, 0, 0] } }),
      'pads = [0, 0, 0, 0, 0, 2, 0, 0]; only rows and columns are supported',
    ],
    [
      one('Pad', {}, ['x', 'pads'], { pads: { shape: [8], data: [1, 0, 0, 0, 0, 0, 0, 0] } }),
      'pads = [1, 0, 0, 0, 0, 0, 0, 0]; only rows and columns are supported',
    ],
    [
      one('Pad', {}, ['x', 'pads'], { pads: { shape: [4], data: [0, 0, 1, 1] } }),
      'pads = [0, 0, 1, 1]; expected borders of an image',
    ],
    [one('Log'), 'only the logarithm of a sigmoid is supported'],
    [
      one('Reshape', {}, ['x', 'shape'], { shape: { shape: [2], data: [-1, 100] } }),
      '[batch, 2, 9, 8] cannot become [-1, 100]',
    ],
    [
      one('Gemm', {}, ['x', 'v'], { v: { shape: [144, 3] } }),
      'its input is [batch, 2, 9, 8]; expected [batch, numbers]',
    ],
    [one('Softmax', { axis: 3 }), 'axis = 3; only that of the channels is supported'],
    [
      one('Dropout', {}, ['x', 'a'], { a: { shape: [], data: [1.5] } }),
      'ratio = 1.5; expected a number in [0, 1)',
    ],
    [
      {
        input: [2, 9, 8],
        nodes: [
          ['Relu', 'r', ['x']],
          ['Resize', 'n', ['r', '', '', 'shape']],
        ],
        arrays: { shape: { shape: [4], data: [1, 2, 18, 16] } },
      },
      'node "n" (Resize): [batch, 2, 9, 8] becomes [batch, 2, 18, 16]; resizing is supported only for the images, directly after the input',
    ],
    [
      one('Resize', {}, ['x', '', '', 'shape'], { shape: { shape: [4], data: [1, 3, 9, 8] } }),
      'becomes [batch, 3, 9, 8]; resizing is supported only for the images',
    ],
    [
      one('Resize', {}, ['x', '', '', 'shape'], { shape: { shape: [4], data: [1, 2, 9000, 8] } }),
      'node "n" (Resize): [batch, 2, 9, 8] cannot be resized by [1, 2, 9000, 8]',
    ],
    [
      one('Upsample', {}, ['x', 'factors'], { factors: { shape: [2], data: [2, 2] } }),
      'node "n" (Upsample): [batch, 2, 9, 8] cannot be resized by [',
    ],
    [one('Relu'), 'its output is [batch, 2, 9, 8]; only classifiers are supported'],
    [one('Flatten', { axis: 2 }), 'axis = 2 is not supported; only 1'],
    [one('Identity'), 'its output "n" does not come from its input'],
    [{ ...one('Relu'), input: [2, 9] }, 'its input "x" is [?, 2, 9]; expected images of one size'],
    [{ ...one('Relu'), input: [2, 90_000, 90_000] }, 'of at most 50331648 values'],
    [{ ...one('Relu'), type: 8 }, 'its input "x" has numbers of type 8; expected floats or uint8'],
    [
      {
        input: [2, 4, 5],
        nodes: [
          ['Flatten', 'f', ['x']],
          ['Softmax', 'y', ['f']],
        ],
      },
      'its output is [batch, 40]; only classifiers are supported',
    ],
  ] as [Graph, string][])('%#: %s', (graph, message) => {
    expect(said(graph)).toMatch(/^m\.onnx: /);
    expect(said(graph)).toContain(message);
  });

  it('where it has several inputs or outputs, two nodes of one name, too many nodes or no graph', () => {
    const model = (...parts: Buffer[]) => Buffer.concat([integer(1, 8), bytes(2, 'x'), message(7, ...parts)]);
    const input = value(11, 'x', ['n', 1, 4, 4]);
    const [output, other] = [value(12, 'y', ['n', 2]), value(12, 'z', ['n', 2])];
    const relu = node('Relu', ['x'], 'y', {});
    const tell = (file: Buffer) => () => readOnnx(file, 'm');
    expect(tell(model(input, output, other, relu))).toThrow('m: it has 2 outputs; only models with one');
    expect(tell(model(input, value(11, 'z', ['n', 2]), output, relu))).toThrow('m: it has 2 inputs; only');
    expect(tell(model(input, output, relu, relu))).toThrow('m: damaged: two nodes give "y"');
    expect(tell(model(input, output, ...new Array<Buffer>(5001).fill(relu)))).toThrow(
      'm: it has 5001 nodes; at most 5000',
    );
    expect(tell(Buffer.concat([integer(1, 8), bytes(2, 'x')]))).toThrow(
      'm: damaged: an ONNX file without a graph',
    );
  });

  it('where a few bytes would become very many numbers', () => {
    const w = { shape: [1000, 1000, 1, 1] };
    const steps = Array.from(
      { length: 12 },
      (_, i): Step => ['Conv', `c${i}`, [i === 0 ? 'x' : `c${i - 1}`, 'w']],
    );
    expect(said({ input: [1000, 4, 4], nodes: steps, arrays: { w } })).toMatch(
      /\(Conv\): up to this node, a file of \d+ bytes becomes \d+ numbers, which is too many$/,
    );
    const doubled = Array.from({ length: 40 }, (_, i): Step => {
      const from = i === 0 ? 'f' : `c${i - 1}`;
      return ['Concat', `c${i}`, [from, from], { axis: 1 }];
    });
    expect(said({ input: [2, 9, 8], nodes: [['Flatten', 'f', ['x']], ...doubled] })).toMatch(
      /a vector of \d+ pieces|too large/,
    );
    const maps = doubled.map(
      ([op, to, inputs, more = {}]): Step => [
        op,
        to,
        inputs.map((name) => (name === 'f' ? 'x' : name)),
        more,
      ],
    );
    expect(said({ input: [2, 9, 8], nodes: maps })).toContain('which is too large');
    // Few values, but more channels than any image has.
    const wide: Step[] = [
      ['Flatten', 'f', ['x']],
      ['Reshape', 'r', ['f', 's']],
    ];
    const s = { shape: [4], data: [-1, 2, 1, 90_000] };
    expect(said({ input: [1, 600, 300], nodes: wide, arrays: { s } })).toContain(
      '(Reshape): its output would be [2, 1, 90000], which is too large',
    );
  });
});

describe('a damaged ONNX file', () => {
  it('cut anywhere is refused with its name, the place, and exit code 5', () => {
    for (let length = 3; length < good.length; length += 1 + Math.floor(length / 40)) {
      const cut = good.subarray(0, length);
      if (!isOnnx(cut)) continue;
      let found: unknown;
      try {
        readOnnx(cut, 'm.onnx');
      } catch (error) {
        found = error;
      }
      expect(found, `${length}`).toMatchObject({ exitCode: EXIT.run });
      expect((found as FerError).message).toMatch(/^m\.onnx: (graph.*: )?damaged: /);
    }
  });

  it('with any byte changed is read or refused, never otherwise', () => {
    for (let at = 0; at < good.length; at += 3) {
      for (const change of [0xff, 0x01, 0x80]) {
        const changed = Uint8Array.from(good);
        changed[at] = (changed[at] as number) ^ change;
        try {
          readOnnx(changed, 'm.onnx');
        } catch (error) {
          if (!(error instanceof FerError)) throw new Error(`byte ${at} ^ ${change}`, { cause: error });
        }
      }
    }
  });

  it('has whole numbers below 0 as they are written', () => {
    const numbers = [-1, -(2 ** 40), 0, 127, 128, 2 ** 40];
    const bytes = Buffer.concat(numbers.map((n) => integer(1, n)));
    expect(new ProtoMessage(bytes, 'm').integers(1)).toEqual(numbers);
  });

  it('has arrays of the size that it says, of numbers', () => {
    const array = (...parts: Buffer[]) => {
      const graph = [
        node('Conv', ['x', 'w'], 'y', {}),
        message(5, bytes(8, 'w'), ...parts),
        value(11, 'x', ['n', 1, 4, 4]),
        value(12, 'y', ['n', 2]),
      ];
      const file = Buffer.concat([integer(1, 8), bytes(2, 'x'), message(7, ...graph)]);
      return () => readOnnx(file, 'm');
    };
    const dims = [2, 1, 1, 1].map((n) => integer(1, n));
    expect(array(...dims, integer(2, 1), bytes(9, new Uint8Array(4)))).toThrow(
      'm: array "w": damaged: it has 1 numbers; its shape [2, 1, 1, 1] has 2',
    );
    expect(array(...dims, integer(2, 8), bytes(9, new Uint8Array(8)))).toThrow(
      'm: array "w": numbers of type 8 are not supported; only floats and whole numbers',
    );
    expect(array(integer(1, 2 ** 40), integer(2, 1))).toThrow('m: array "w": damaged: it has 0 numbers');
  });
});

describe('arrays of ONNX', () => {
  /** The kernel [2, 1, 1, 1] that a file has, its array written so. */
  const kernel = (type: number, ...parts: Buffer[]): number[] => {
    const graph = [
      node('Conv', ['x', 'w'], 'c', {}),
      node('GlobalAveragePool', ['c'], 'g', {}),
      node('Flatten', ['g'], 'y', {}),
      message(5, ...[2, 1, 1, 1].map((n) => integer(1, n)), integer(2, type), bytes(8, 'w'), ...parts),
      value(11, 'x', ['n', 1, 4, 4]),
      value(12, 'y', ['n', 2]),
    ];
    const { weights } = readOnnx(Buffer.concat([integer(1, 8), bytes(2, 'x'), message(7, ...graph)]), 'm');
    return Array.from(weights.get('c/kernel')?.data ?? []);
  };
  const raw = (...hex: string[]) => bytes(9, Buffer.from(hex.join(''), 'hex'));

  it.each([
    ['float32, bytes', () => kernel(1, raw('0000c03f', '000000c0'))],
    ['float32, one by one', () => kernel(1, float(4, 1.5), float(4, -2))],
    ['float32, together', () => kernel(1, bytes(4, Buffer.from('0000c03f000000c0', 'hex')))],
    ['float64, bytes', () => kernel(11, raw('000000000000f83f', '00000000000000c0'))],
    ['float64, one by one', () => kernel(11, double(10, 1.5), double(10, -2))],
    ['float16, bytes', () => kernel(10, raw('003e', '00c0'))],
    ['float16, as whole numbers', () => kernel(10, integer(5, 0x3e00), integer(5, 0xc000))],
    ['bfloat16, bytes', () => kernel(16, raw('c03f', '00c0'))],
  ])('are read from every form: %s', (_, read) => expect(read()).toEqual([1.5, -2]));

  it('that another file holds are read from the same folder alone', async () => {
    const folder = newFolder();
    const path = join(folder, 'm.onnx');
    const file = (location: string, offset: string, length?: string) => {
      const entries = { location, offset, ...(length !== undefined && { length }) };
      const place = Object.entries(entries).map(([key, text]) => message(13, bytes(1, key), bytes(2, text)));
      const graph = [
        node('Flatten', ['x'], 'f', {}),
        node('Gemm', ['f', 'w'], 'y', {}),
        message(5, integer(1, 16), integer(1, 2), integer(2, 1), bytes(8, 'w'), ...place, integer(14, 1)),
        value(11, 'x', ['n', 1, 4, 4]),
        value(12, 'y', ['n', 2]),
      ];
      writeFileSync(path, Buffer.concat([integer(1, 8), bytes(2, 'x'), message(7, ...graph)]));
      return openWeights(path);
    };
    const numbers = Float32Array.from({ length: 40 }, (_, i) => i);
    writeFileSync(join(folder, 'm.onnx.data'), new Uint8Array(numbers.buffer));
    mkdirSync(join(folder, 'more'));
    writeFileSync(join(folder, 'more', 'd'), new Uint8Array(numbers.buffer));
    const { weights } = await file('m.onnx.data', '16', '128');
    expect(Array.from(weights.get('y/kernel')?.data ?? [])).toEqual(Array.from(numbers.subarray(4, 36)));
    await expect(file('m.onnx.data', '64', '128')).rejects.toThrow(
      `${path}: array "w": m.onnx.data has 160 bytes, and bytes 64 to 192 are needed; take another copy of both files`,
    );
    for (const location of ['/etc/passwd', '../m.onnx.data', 'more/d', '..', '', 'more\\d']) {
      await expect(file(location, '0', '128'), location).rejects.toThrow(
        `${path}: array "w": it is stored in "${location}"; only files in the same folder are opened`,
      );
    }
    await expect(file('gone', '0')).rejects.toThrow(
      `${path}: array "w": it is stored in gone, which cannot be read (there is no such file); put that file beside this one`,
    );
    await expect(file('more', '0')).rejects.toThrow(
      'it is stored in more, which cannot be read (it is a folder)',
    );
  });
});

describe('a message', () => {
  const open = (hex: string) => new ProtoMessage(Buffer.from(hex, 'hex'), 'f');

  it('has whole numbers of any sign and length, alone or together', () => {
    expect(open('0801').integer(1)).toBe(1);
    expect(open('08ffffffffffffffffff01').integer(1)).toBe(-1);
    expect(open('08808080808080808001').integer(1)).toBe(2 ** 56);
    expect(open('0a03019601').integers(1)).toEqual([1, 150]);
    expect(open('080108ff7f').integers(1)).toEqual([1, 16383]);
  });

  it.each([
    ['0880', 'a field at byte 0 of 2 is incomplete or invalid'],
    ['08808080808080808080808001', 'a field at byte 0 of 13 is incomplete or invalid'],
    ['0a05ff', 'a field at byte 0 of 3 is incomplete or invalid'],
    ['0801150000', 'a field at byte 2 of 5 is incomplete or invalid'],
    ['0b', 'a field at byte 0 of 1 is incomplete or invalid'],
    ['0001', 'a field at byte 0 of 2 is incomplete or invalid'],
    ['0affffffffffffffffff01', 'a field at byte 0 of 11 is incomplete or invalid'],
  ])('that is none is refused: %s', (hex, message) => {
    expect(() => open(hex)).toThrow(new RunError(`f: damaged: ${message}`));
    expect(fieldNumbers(Buffer.from(hex, 'hex'))).toBeUndefined();
  });

  it('with a field of another kind is refused when that is asked for', () => {
    expect(() => open('0801').text(1)).toThrow(
      'f: damaged: its field 1 holds something else; expected bytes',
    );
    expect(() => open('0a0101').floats(1)).toThrow('expected numbers of 4 bytes');
    expect(() => open('0d00000000').integers(1)).toThrow('expected whole numbers');
    expect(() => open('0a0180').integers(1)).toThrow('f: damaged: a list of whole numbers breaks off');
  });

  it('of a million fields is the largest', () => {
    const many = new Uint8Array(2 * 1_000_001).fill(8);
    expect(() => new ProtoMessage(many, 'f')).toThrow('f: damaged: it has more than 1000000 fields');
  });
});

it('an ONNX file is known by its content, and readable where it has no checksum', async () => {
  expect(isOnnx(good)).toBe(true);
  expect(isOnnx(encodeSafetensors(new Map(), { a: 'x'.repeat(0x120300) }))).toBe(false);
  const path = join(newFolder(), 'm.h5');
  writeFileSync(path, good);
  expect(await verify(path)).toEqual([{ path, state: 'readable', why: 'its format has no checksum' }]);
  writeFileSync(path, good.subarray(0, 99));
  expect(await verify(path)).toMatchObject([{ state: 'damaged' }]);
});
