import { expect, it } from 'vitest';
import { adviceFor } from '../../src/formats/advice.js';

it.each([
  ...['LSTM', 'GRU', 'SimpleRNN', 'RNN', 'Bidirectional', 'TimeDistributed', 'ConvLSTM2D', 'Embedding'],
  ...['Conv1D', 'MaxPooling1D', 'GlobalAveragePooling1D', 'MultiHeadAttention', 'Attention'],
])('a %s is told to be for sequences', (kind) => {
  expect(adviceFor(kind)).toMatch(/^it is for sequences, and only networks that classify single images/);
});

it('a Lambda is told to be code; of a class that nobody knows, the way by ONNX or without it is told', () => {
  expect(adviceFor('Lambda')).toMatch(
    /^it is Python code, which is not run; .*build the model in Keras without/,
  );
  expect(adviceFor('toString')).toMatch(
    /ONNX.*; or, if it acts only in training, build the model in Keras without/,
  );
});
