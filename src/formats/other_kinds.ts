import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { inMemory } from '../archives/byte_source.js';
import { readZip } from '../archives/zip.js';
import { RunError } from '../util/errors.js';
import { isZip } from './keras_zip.js';
import { isOnnx } from './onnx_reading/file.js';
import { fieldNumbers } from './protobuf_reader.js';
import { headerOf } from './safetensors.js';

/**
 * Recognizes, by content, files that are not models of fer-tui, Keras or ONNX. File names are not reliable. For each kind that is
 * common in public repositories, a message names it and says what to do.
 */
interface OtherKind {
  readonly is: (file: Glance) => boolean;
  /** Completes "FILE: ...". */
  readonly what: string | ((file: Glance) => string);
}

/** Bytes at the beginning that are read as text. */
const HEAD = 4096;

/** A first look at a file. */
class Glance {
  /** Its beginning as text, without a byte order mark and white space in front. */
  readonly head: string;
  #members: readonly string[] | undefined;

  constructor(readonly bytes: Uint8Array) {
    this.head = new TextDecoder().decode(bytes.subarray(0, HEAD)).trimStart();
  }

  /** Whether it contains a text. */
  has(text: string): boolean {
    const { buffer, byteOffset, byteLength } = this.bytes;
    return Buffer.from(buffer, byteOffset, byteLength).includes(text);
  }

  /** Names in it, if it is a zip that can be read. */
  get members(): readonly string[] {
    this.#members ??= isZip(this.bytes) ? namesIn(this.bytes) : [];
    return this.#members;
  }

  startsWith(...bytes: readonly number[]): boolean {
    return bytes.every((byte, i) => this.bytes[i] === byte);
  }
}

function namesIn(bytes: Uint8Array): string[] {
  try {
    return [...readZip(inMemory(bytes), '').members.keys()];
  } catch {
    return []; // the reader of zips reports what is wrong with it
  }
}

/** `length` bytes from an offset, as text. */
const textAt = (bytes: Uint8Array, from: number, length: number): string =>
  Buffer.from(bytes.subarray(from, from + length)).toString('latin1');

/** Whether a member of a zip is an array, as NumPy names those in .npz files. */
const isArray = (name: string): boolean => name.endsWith('.npy');

const IN_KERAS = 'open it where it was made, and save it as .keras or .h5 (model.save("model.keras"))';
const AS_ONNX =
  'fer-tui reads ONNX: load the network in PyTorch, export it there (torch.onnx.export), and give that file';
const SAVED_MODEL = `a SavedModel of TensorFlow, which holds a graph of operations rather than layers; ${IN_KERAS}`;

/** The pickled number with which files of PyTorch before 1.6 begin. */
const OLD_TORCH = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

const UNPACK = 'unpack it, and give the file in it';
/** Files packed as a whole, by their first bytes. */
const PACKED: readonly (readonly [what: string, first: readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['7z', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  ['rar', [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07]],
];
const packing = (file: Glance): string | undefined =>
  PACKED.find(([, first]) => file.startsWith(...first))?.[0];

/** A model in a zip, other than the parts of a .keras file. */
const modelIn = ({ members }: Glance): string | undefined =>
  members.includes('config.json')
    ? undefined
    : members.find(
        (name) => /\.(h5|hdf5|keras|onnx|safetensors|pth?|tflite)$/.test(name) && name !== 'model.weights.h5',
      );

/** The beginning of pickles of protocols 0 and 1, which begin with text: a list, a dictionary, or the name of a class. */
const OLD_PICKLE = /^(\([dlit]p\d+\n|[\]}]q.|\(?c[A-Za-z_][\w.]*\n[A-Za-z_]\w*\n(p\d+\n|q.|\())/s;

const isPickle = ({ bytes, head }: Glance): boolean =>
  (bytes[0] === 0x80 && (bytes[1] ?? 0) >= 2 && (bytes[1] ?? 9) <= 5) ||
  (OLD_PICKLE.test(head) && bytes.at(-1) === 0x2e);

/** The last bytes of the tables in TensorFlow's checkpoints. */
const TABLE_END = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];

/** Error messages that servers send instead of a file: "404: Not Found" of GitHub, or { "message": ... } of its API. */
const SERVER_WORDS =
  /^(\d{3}[ :]+)?(not found|forbidden|unauthorized|access denied|bad request|bad gateway)\b|^\{\s*"(message|error)"\s*:/i;

/** The order matters: the first kind that fits is reported. */
const OTHER_KINDS: readonly OtherKind[] = [
  {
    is: ({ bytes }) => bytes.length === 0,
    what: 'an empty file: a copy or download of it did not finish; get it again',
  },
  {
    is: ({ head }) => head.startsWith('version https://git-lfs.github.com/spec/'),
    what: ({ head }) => {
      const size = /^size (\d+)$/m.exec(head)?.[1];
      const large = size === undefined ? '' : ` of ${(Number(size) / 1e6).toFixed(1)} MB`;
      return `a Git LFS pointer, which stands for a file${large} that is stored elsewhere; get it with "git lfs pull" in its repository`;
    },
  },
  {
    is: ({ head }) =>
      /^<(!doctype html|html|head)\b/i.test(head.replace(/^(<!--[\s\S]*?-->\s*|<\?xml[^>]*>\s*)+/, '')),
    what: 'an HTML page, not a model: a page about the file was saved in its place; download the file itself ("Raw" or "Download")',
  },
  {
    is: ({ bytes }) => textAt(bytes, 4, 4) === 'TFL3',
    what: `a model of TensorFlow Lite, which is made for inference alone; take the Keras model that it was converted from (.keras, .h5)`,
  },
  {
    is: ({ members }) => members.some((name) => /(^|\/)data\.pkl$/.test(name)),
    what: ({ members }) =>
      `a file of PyTorch (${members.some((name) => /(^|\/)constants\.pkl$/.test(name)) ? 'TorchScript' : 'torch.save'}); ${AS_ONNX}`,
  },
  {
    is: (file) => file.startsWith(...OLD_TORCH),
    what: `a file of PyTorch (torch.save before version 1.6); ${AS_ONNX}`,
  },
  {
    is: ({ members }) => members.some((name) => /(^|\/)saved_model\.pb$/.test(name)),
    what: `a zip around ${SAVED_MODEL}`,
  },
  {
    is: (file) => modelIn(file) !== undefined,
    what: (file) => `a zip around ${modelIn(file)}; unpack it, and give that file`,
  },
  {
    is: (file) => packing(file) !== undefined,
    what: (file) => `a file packed with ${packing(file)}; ${UNPACK}`,
  },
  {
    is: ({ bytes }) => textAt(bytes, 257, 5) === 'ustar',
    what: `a tar archive; ${UNPACK}`,
  },
  {
    is: (file) =>
      textAt(file.bytes, 1, 5) === 'NUMPY' || (file.members[0] !== undefined && file.members.every(isArray)),
    what: `arrays of NumPy, without the network that they belong to; ${IN_KERAS}`,
  },
  {
    is: ({ bytes, head }) =>
      head.startsWith('model_checkpoint_path:') || bytes.subarray(-8).join() === TABLE_END.join(),
    what: `a part of a checkpoint of TensorFlow, which holds weights without their network; ${IN_KERAS}`,
  },
  {
    is: ({ bytes }) => textAt(bytes, 0, 4) === 'GGUF',
    what: 'a GGUF file, the form of language models; give a network that classifies images, as .h5, .keras or .onnx',
  },
  {
    is: ({ bytes, head }) => bytes.length < HEAD && SERVER_WORDS.test(head),
    what: 'the message of a server, not a model: it stands in the place of a file that was not found or not given; download that again',
  },
  {
    is: ({ bytes }) => bytes.length < 64 && textAt(bytes, 0, 4) === 'PK\x05\x06',
    what: 'an empty zip; get the file again',
  },
  {
    is: ({ head }) => /^<(\?xml|error)\b/i.test(head),
    what: 'an XML file, not a model: perhaps the message of a server in its place; download the file itself',
  },
  {
    is: isPickle,
    what: 'a pickle of Python, which runs code when it is opened: fer-tui opens none; load it in the Python that you trust it in, and save the model as .keras or .h5',
  },
  {
    is: (file) => file.head.startsWith('{') && (file.has('"weightsManifest"') || file.has('"modelTopology"')),
    what: 'a model of TensorFlow.js; convert it: tensorflowjs_converter --input_format tfjs_layers_model --output_format keras model.json model.h5',
  },
  {
    is: ({ bytes }) => foreignTensors(bytes) !== undefined,
    what: ({ bytes }) =>
      `a .safetensors file of another program, with weights (${foreignTensors(bytes)}) but without the network that they belong to; ${AS_ONNX}`,
  },
  {
    is: ({ bytes }) =>
      bytes[0] === 0x08 && !isOnnx(bytes) && fieldNumbers(bytes)?.slice(0, 2).join() === '1,2',
    what: `the graph in ${SAVED_MODEL}`,
  },
];

/**
 * Throws RunError for a file of a known kind that fer-tui does not open. A file of an unknown kind, perhaps damaged, passes.
 * @param path names the file in the message
 */
export function refuseOtherKinds(bytes: Uint8Array, path: string): void {
  const file = new Glance(bytes);
  const kind = OTHER_KINDS.find(({ is }) => is(file));
  if (kind === undefined) return;
  throw new RunError(`${path}: ${typeof kind.what === 'string' ? kind.what : kind.what(file)}`);
}

/** Throws RunError for a folder that contains a model: only files can be opened. */
export function refuseFolders(path: string): void {
  if (existsSync(join(path, 'saved_model.pb'))) throw new RunError(`${path}: the folder of ${SAVED_MODEL}`);
  const json = join(path, 'model.json');
  if (existsSync(json)) throw new RunError(`${path}: a folder; give a file in it, such as ${json}`);
}

/** Whether a file is JSON of an object, with or without white space and a byte order mark in front. */
export function isJson(bytes: Uint8Array): boolean {
  // The length with which .safetensors files begin has zeros.
  return !bytes.subarray(0, 8).includes(0) && new Glance(bytes).head.startsWith('{');
}

/** The first names in a .safetensors file that is not of fer-tui; undefined where it is one of fer-tui, or no such file. */
function foreignTensors(bytes: Uint8Array): string | undefined {
  const header = headerOf(bytes, () => undefined);
  if (typeof header !== 'object' || header === null || Array.isArray(header)) return undefined;
  const { __metadata__: about, ...tensors } = header as { __metadata__?: { format?: unknown } };
  const names = Object.keys(tensors);
  const own = /^fer-tui/.test(String(about?.format));
  const whole = Object.values(tensors).every((one) =>
    Array.isArray((one as { shape?: unknown } | null)?.shape),
  );
  if (own || !whole || names.length === 0) return undefined;
  return names.length > 2 ? `${names.slice(0, 2).join(', ')}, ...` : names.join(', ');
}
