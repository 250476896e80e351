// The metrics of a training step: its mean loss and number of correct predictions, and the confusion matrix so far.
//
// The host should not wait for the GPU after every batch. So each step writes its metrics into one slot of a ring buffer,
// which the host reads a few times per second.
//
//   ring[slot] = [mean loss, correct answers, penalty, samples]
//   confusion[label, predicted] += 1 for every sample
//
// Shapes: losses, labels, predicted [B]; penalty [1], read if has_penalty is 1; ring [slots, 4]; confusion [C, C].
// Threads: a single one, because a batch is small, and the order of the sum stays fixed.

struct MetricsParams { b: u32, c: u32, has_penalty: u32 }
struct Step { index: u32, seed: u32, rate: f32, slot: u32 }

@group(0) @binding(0) var<storage, read> losses: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read> predicted: array<u32>;
@group(0) @binding(3) var<storage, read> penalty: array<f32>;
@group(0) @binding(4) var<storage, read> step_state: Step;
@group(0) @binding(5) var<storage, read_write> ring: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> confusion: array<u32>;
@group(0) @binding(7) var<uniform> params: MetricsParams;

@compute @workgroup_size(1)
fn accumulate() {
  var sum = 0.0;
  var correct = 0u;
  for (var i = 0u; i < params.b; i++) {
    sum += losses[i]; // formula
    correct += select(0u, 1u, labels[i] == predicted[i]);
    confusion[labels[i] * params.c + predicted[i]] += 1u; // formula
  }
  var extra = 0.0;
  if (params.has_penalty == 1u) { extra = penalty[0]; }
  ring[step_state.slot] = vec4f(sum / f32(params.b), f32(correct), extra, f32(params.b)); // formula
}
