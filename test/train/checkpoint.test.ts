import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeSafetensors } from '../../src/formats/safetensors.js';
import type { NamedArray } from '../../src/nn/parameters.js';
import { loadCheckpoint, saveCheckpoint, type TrainerState } from '../../src/train/checkpoint.js';

const path = join(mkdtempSync(join(tmpdir(), 'fer-tui-checkpoint-')), 'checkpoint.safetensors');
const weights = new Map([['dense/kernel', { shape: [2, 1], data: Float32Array.of(1, 2) }]]);
const optimizer = new Map([['moment/dense/kernel', { shape: [2, 1], data: Float32Array.of(3, 4) }]]);
const learner = { stepCount: 12, learningRate: 5e-4, averaged: 2, weights, optimizer };

describe('a checkpoint', () => {
  it('comes back as it was saved', () => {
    const trainer: TrainerState = {
      ...{
        epoch: 2,
        index: 3,
        sums: { loss: 1.5, correct: 4, count: 9 },
        rate: 1e-3,
        early: true,
        seconds: 7,
      },
      callbacks: { checkpoint: { best: 0.5, bestEpoch: 1, bestAcc: 0.5 }, mine: [1, 2] },
    };
    saveCheckpoint(path, learner, trainer);
    expect(loadCheckpoint(path)).toEqual({ learner, trainer });
  });

  it('of version 0.1 is read in the form of today', () => {
    const old = {
      ...{ epoch: 5, index: 0, sums: { loss: 0, correct: 0, count: 0 }, rate: 1e-3, seconds: 7 },
      ...{ best: { epoch: 3, acc: 0.6 }, early: true },
      callbacks: {
        checkpoint: { best: 0.6 },
        earlyStopping: { best: 1.1, bestEpoch: 3, wait: 2 },
        reduceLr: { best: 1.1, wait: 2, cooldown: 0 },
      },
    };
    const state = JSON.stringify({ stepCount: 12, learningRate: 5e-4, trainer: old });
    writeFileSync(path, encodeSafetensors(new Map(), { format: 'fer-tui checkpoint 2', state }));
    const { best: _, ...rest } = old;
    expect(loadCheckpoint(path).trainer).toEqual({
      ...rest,
      callbacks: {
        checkpoint: { best: 0.6, bestEpoch: 3, bestAcc: 0.6 },
        earlyStopping: { best: 1.1, bestEpoch: 3, wait: 2, stopped: true },
        reduceLr: { best: 1.1, wait: 2, cooldown: 0 },
      },
    });
  });

  it('of before the first complete epoch, or of before early stopping was kept, has neither best epoch nor end', () => {
    const callbacks = { checkpoint: { best: null }, earlyStopping: { best: null, bestEpoch: 0, wait: 0 } };
    const old = {
      epoch: 0,
      index: 1,
      sums: { loss: 2, correct: 1, count: 8 },
      rate: 1e-3,
      seconds: 1,
      best: null,
    };
    const state = JSON.stringify({ stepCount: 1, learningRate: 1e-3, trainer: { ...old, callbacks } });
    writeFileSync(path, encodeSafetensors(new Map(), { format: 'fer-tui checkpoint 2', state }));
    expect(loadCheckpoint(path).trainer).toMatchObject({
      early: false,
      callbacks: {
        checkpoint: { best: null, bestEpoch: 0, bestAcc: null },
        earlyStopping: { stopped: false },
      },
    });
  });

  it('with a number that is none, or a state that no training goes on from, is refused', () => {
    const trainer = { epoch: 0, index: 1, sums: { loss: 2, correct: 1, count: 8 }, rate: 1e-3, seconds: 1 };
    const state = { stepCount: 1, learningRate: 1e-3, trainer: { ...trainer, callbacks: {} } };
    const write = (arrays: Map<string, NamedArray>, content: unknown): void =>
      writeFileSync(
        path,
        encodeSafetensors(arrays, { format: 'fer-tui checkpoint 2', state: JSON.stringify(content) }),
      );
    write(new Map(), state);
    expect(loadCheckpoint(path).trainer.rate).toBe(1e-3);
    write(new Map([['optimizer/a', { shape: [2], data: Float32Array.of(1, Number.NaN) }]]), state);
    expect(() => loadCheckpoint(path)).toThrow(`${path}: weight optimizer/a holds NaN at position 1`);
    write(new Map([['optimizer/square/a', { shape: [1], data: Float32Array.of(-1) }]]), state);
    expect(() => loadCheckpoint(path)).toThrow(`${path}: damaged: optimizer/square/a is below 0`);
    for (const wrong of [
      null,
      { ...state, stepCount: '1' },
      { ...state, trainer: undefined },
      { ...state, trainer: { ...state.trainer, sums: null } },
      { ...state, trainer: { ...state.trainer, rate: [] } },
      { ...state, trainer: { ...state.trainer, sums: { loss: 0, correct: 0, count: 0 } } },
      { ...state, trainer: { ...state.trainer, callbacks: { checkpoint: { best: 'high' } } } },
    ]) {
      write(new Map(), wrong);
      expect(() => loadCheckpoint(path)).toThrow(`${path}: damaged: its state lacks`);
    }
  });
});
