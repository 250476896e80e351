// Softmax and cross-entropy, fused: from logits to probabilities, losses and their gradient.
//
// What it means: softmax turns logits into probabilities. The loss of a sample is -log of the probability of its true class.
// A network that guesses uniformly among seven classes has a loss of log(7) = 1.9459.
//
//   m = max of the row, p[c] = exp(z[c] - m) / sum over k of exp(z[k] - m)
//   loss[b] = -sum over c of t[c] * log p[c], with log p[c] = (z[c] - m) - log(sum): never the log of a rounded p
//   t = weight[label] * ((1 - smoothing) * onehot + smoothing / C)
//   dlogits = (p * sum of t - t) / B, the gradient of the mean loss. Computed apart, the derivative of the log would divide by p,
//   which may be 0; in the product, p cancels.
//
// Instead of the onehot, a sample may have a distribution of its own (say, the votes of ten people): soft[b, c], adding up to 1.
// For a mixture of two images (mixup.wgsl), t is the blend of their targets: share * t[own] + (1 - share) * t[partner].
//
// Class weights make rare classes count more (Keras's class_weight: the mean is over B, not over the weights).
// `predicted` is the class of the largest logit, the first of equals.
// Shapes: logits, probabilities, dlogits [B, C]; labels, losses, predicted [B]; weights [C]; mix [B, 4]: partner (u32),
// share (f32), and what mixup.wgsl needs, read if mixed is 1; soft [B, C], read if soft is 1.
// Threads: one per sample (forward) or per logit (backward).

struct LossParams { b: u32, c: u32, smoothing: f32, mixed: u32, soft: u32 }

/// The target of a class that has the share `own` of an image whose label has this weight.
fn target_of(own: f32, weight: f32, p: LossParams) -> f32 {
  return weight * ((1.0 - p.smoothing) * own + p.smoothing / f32(p.c));
}

// forward
@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read> mix_of: array<vec4u>;
@group(0) @binding(4) var<storage, read> soft_of: array<f32>;
@group(0) @binding(5) var<storage, read_write> probabilities: array<f32>;
@group(0) @binding(6) var<storage, read_write> losses: array<f32>;
@group(0) @binding(7) var<storage, read_write> predicted: array<u32>;
@group(0) @binding(8) var<uniform> params: LossParams;

/// The share of class `c` in the image of this row, whose class is `label`.
fn own_share(row: u32, c: u32, label: u32, p: LossParams) -> f32 {
  if (p.soft == 1u) { return soft_of[row * p.c + c]; }
  return select(0.0, 1.0, c == label);
}

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let row = (group.y * groups.x + group.x) * 64u + local.x;
  let p = params;
  if (row >= p.b) { return; }
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
  var share = 1.0;
  var partner = row;
  if (p.mixed == 1u) {
    partner = mix_of[row].x;
    share = bitcast<f32>(mix_of[row].y);
  }
  let other = labels[partner];
  var loss = 0.0;
  for (var c = 0u; c < p.c; c++) {
    let log_p = logits[first + c] - top - log_total; // formula
    probabilities[first + c] = exp(log_p); // formula
    loss -= (share * target_of(own_share(row, c, label, p), weights[label], p) // formula
      + (1.0 - share) * target_of(own_share(partner, c, other, p), weights[other], p)) * log_p;
  }
  losses[row] = loss;
  predicted[row] = best;
}

// backward
@group(0) @binding(0) var<storage, read> b_probabilities: array<f32>;
@group(0) @binding(1) var<storage, read> b_labels: array<u32>;
@group(0) @binding(2) var<storage, read> b_weights: array<f32>;
@group(0) @binding(3) var<storage, read> b_mix_of: array<vec4u>;
@group(0) @binding(4) var<storage, read> b_soft_of: array<f32>;
@group(0) @binding(5) var<storage, read_write> dlogits: array<f32>;
@group(0) @binding(6) var<uniform> b_params: LossParams;

/// `own_share` of the backward pass.
fn b_own_share(row: u32, c: u32, label: u32, p: LossParams) -> f32 {
  if (p.soft == 1u) { return b_soft_of[row * p.c + c]; }
  return select(0.0, 1.0, c == label);
}

@compute @workgroup_size(64)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = b_params;
  if (i >= p.b * p.c) { return; }
  let row = i / p.c;
  let c = i % p.c;
  let label = b_labels[row];
  let weight = b_weights[label];
  var total = weight;
  var t = target_of(b_own_share(row, c, label, p), weight, p);
  if (p.mixed == 1u) {
    let partner = b_mix_of[row].x;
    let other = b_labels[partner];
    let share = bitcast<f32>(b_mix_of[row].y);
    total = share * weight + (1.0 - share) * b_weights[other];
    t = share * t + (1.0 - share) * target_of(b_own_share(partner, c, other, p), b_weights[other], p);
  }
  dlogits[i] = (b_probabilities[i] * total - t) / f32(p.b); // formula
}
