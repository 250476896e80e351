/** Advice about a model that cannot be read, as the end of an error message. */

/** An ONNX file describes operators, not layers, so it can contain what Keras's layers here cannot. */
export const ONNX_ROAD = 'export the model to ONNX (docs/keras.md says how), and open that file';

/** Advice about a layer that networks here do not need. */
export const REBUILD = 'build the model in Keras without this layer, set the weights, and save it';

const SEQUENCES = 'it is for sequences, and only networks that classify single images are supported';

/** Specific advice, by class of layer. */
const CLASSES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ...['LSTM', 'GRU', 'SimpleRNN', 'RNN', 'Bidirectional', 'TimeDistributed', 'ConvLSTM2D', 'Embedding'],
      ...['Conv1D', 'MaxPooling1D', 'GlobalAveragePooling1D', 'MultiHeadAttention', 'Attention'],
    ].map((kind) => [kind, SEQUENCES]),
  ),
  Lambda: `it is Python code, which is not run; if it prepares pixels, ${REBUILD}, and give --preprocess; else ${ONNX_ROAD}`,
};

/** Advice about a class of layer that is not supported. */
export const adviceFor = (kind: string): string =>
  (Object.hasOwn(CLASSES, kind) ? CLASSES[kind] : undefined) ??
  `${ONNX_ROAD}; or, if it acts only in training, ${REBUILD}`;
