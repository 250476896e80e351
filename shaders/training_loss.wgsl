// All that comes between the forward and the backward pass of a plain training step, in one kernel: softmax, cross-entropy, its
// gradient, and the metrics.
//
// Why: logits are only a few numbers per image, so launching separate dispatches would take most of the time. One workgroup is
// enough. It needs no barrier for the gradient, since the thread that knows a row's probabilities writes that row.
// softmax_cross_entropy.wgsl and metrics.wgsl explain the symbols. They compute the same in separate dispatches. Steps with blended
// images, soft labels or teachers use them, because this kernel does not support these.
//
//   log p[c] = (z[c] - m) - log(sum over k of exp(z[k] - m)), m = max of the row
//   t = weight[label] * ((1 - smoothing) * onehot + smoothing / C),  loss = -sum over c of t[c] * log p[c]
//   dlogits = (p * sum of t - t) / B
//   ring[slot] = [mean loss, correct answers, penalty, samples];  confusion[label, predicted] += 1 for every sample
//
// Shapes: logits, dlogits [B, C]; labels [B]; weights [C]; penalty [1], read if has_penalty is 1; ring [slots, 4]; confusion
// [C, C].
// Threads: one workgroup of 64, which take turns over the rows. Their sums are added in a fixed order; counting with atomics is
// exact in any order.

struct TrainingLossParams { b: u32, c: u32, smoothing: f32, has_penalty: u32 }
struct Step { index: u32, seed: u32, rate: f32, slot: u32 }

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read> penalty: array<f32>;
@group(0) @binding(4) var<storage, read> step_state: Step;
@group(0) @binding(5) var<storage, read_write> dlogits: array<f32>;
@group(0) @binding(6) var<storage, read_write> ring: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> confusion: array<atomic<u32>>;
@group(0) @binding(8) var<uniform> params: TrainingLossParams;

/// Each thread's sum of losses, and its number of correct answers.
var<workgroup> shares: array<vec2f, 64>;

/// Loss and correctness of a row, whose gradient it stores.
fn row_loss(row: u32, p: TrainingLossParams) -> vec2f {
  let first = row * p.c;
  var best = 0u;
  for (var c = 1u; c < p.c; c++) {
    if (logits[first + c] > logits[first + best]) { best = c; }
  }
  let top = logits[first + best];
  var total = 0.0;
  for (var c = 0u; c < p.c; c++) { total += exp(logits[first + c] - top); }
  let log_total = log(total);
  let label = labels[row];
  let weight = weights[label];
  var loss = 0.0;
  for (var c = 0u; c < p.c; c++) {
    let log_p = logits[first + c] - top - log_total; // formula
    let t = weight * ((1.0 - p.smoothing) * select(0.0, 1.0, c == label) + p.smoothing / f32(p.c)); // formula
    loss -= t * log_p; // formula
    dlogits[first + c] = (exp(log_p) * weight - t) / f32(p.b); // formula
  }
  atomicAdd(&confusion[label * p.c + best], 1u);
  return vec2f(loss, select(0.0, 1.0, label == best));
}

// gradient_and_metrics
@compute @workgroup_size(64)
fn gradient_and_metrics(@builtin(local_invocation_id) local: vec3u) {
  let p = params;
  var own = vec2f();
  for (var row = local.x; row < p.b; row += 64u) { own += row_loss(row, p); }
  shares[local.x] = own;
  workgroupBarrier();
  for (var apart = 32u; apart > 0u; apart /= 2u) {
    if (local.x < apart) { shares[local.x] += shares[local.x + apart]; }
    workgroupBarrier();
  }
  if (local.x > 0u) { return; }
  var extra = 0.0;
  if (p.has_penalty == 1u) { extra = penalty[0]; }
  ring[step_state.slot] = vec4f(shares[0].x / f32(p.b), shares[0].y, extra, f32(p.b)); // formula
}
