// Knowledge distillation (Hinton et al. 2015, arXiv 1503.02531): a student network also learns from the outputs of teachers.
//
// What it means: a label says only "fear". A teacher's output, such as 60 % fear, 25 % surprise, 10 % sad, also tells which emotions
// the face resembles. A temperature T above 1 raises the small probabilities, so that the student learns them too. The
// cross-entropy with the labels keeps the share a of the loss.
//
//   q  = softmax(log(teacher) / T), s = softmax(logits / T)
//   KL = sum over c of q[c] * (log q[c] - log s[c]), 0 where the student agrees
//   loss[b] = a * cross-entropy[b] + (1 - a) * T^2 * KL[b]
//   dlogits = a * (its gradient of the mean cross-entropy) + (1 - a) * T * (s - q) / B
//
// The gradient of KL with respect to the logits is (s - q) / T, and s - q itself shrinks like 1 / T; so T^2 keeps the two
// parts in proportion.
//
// The teachers see the images of the student: augmented, blended by mixup, normalised for the student. `renormalize` turns these
// into what a teacher expects; both are (pixel - mean) / divisor, so the step between them is linear. `vote` adds up the teachers'
// probabilities, each with its share, in the student's order of classes. Teachers have no gradient.
//
// Shapes: images, own [B, size]; shift [pixels], where size = pixels * channels; probabilities [B, C], outputs [C], votes [B, C];
// logits, teacher, kl_gradient, dlogits [B, C]; losses [B].
// Threads: one per number (renormalize, vote, backward) or image (forward).

struct RenormalizeParams { n: u32, size: u32, channels: u32, scale: f32 }

// renormalize
@group(0) @binding(0) var<storage, read> images: array<f32>;
@group(0) @binding(1) var<storage, read> shift: array<f32>;
@group(0) @binding(2) var<storage, read_write> own: array<f32>;
@group(0) @binding(3) var<uniform> r_params: RenormalizeParams;

@compute @workgroup_size(64)
fn renormalize(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
               @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = r_params;
  if (i >= p.n) { return; }
  own[i] = images[i] * p.scale + shift[(i % p.size) / p.channels]; // formula
}

struct VoteParams { n: u32, c: u32, share: f32 }

// vote
@group(0) @binding(0) var<storage, read> probabilities: array<f32>;
@group(0) @binding(1) var<storage, read> outputs: array<u32>;
@group(0) @binding(2) var<storage, read_write> votes: array<f32>;
@group(0) @binding(3) var<uniform> v_params: VoteParams;

@compute @workgroup_size(64)
fn vote(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = v_params;
  if (i >= p.n) { return; }
  let c = i % p.c;
  votes[i] += p.share * probabilities[i - c + outputs[c]]; // formula
}

struct DistillParams { b: u32, c: u32, temperature: f32, hard: f32 }

/// The smallest probability of a teacher whose logarithm is taken.
const LEAST = 1.1754944e-38;

// forward
@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> teacher: array<f32>;
@group(0) @binding(2) var<storage, read_write> losses: array<f32>;
@group(0) @binding(3) var<storage, read_write> kl_gradient: array<f32>;
@group(0) @binding(4) var<uniform> f_params: DistillParams;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let row = (group.y * groups.x + group.x) * 64u + local.x;
  let p = f_params;
  if (row >= p.b) { return; }
  let first = row * p.c;
  var top = logits[first] / p.temperature;
  var top_q = log(max(teacher[first], LEAST)) / p.temperature;
  for (var c = 1u; c < p.c; c++) {
    top = max(top, logits[first + c] / p.temperature);
    top_q = max(top_q, log(max(teacher[first + c], LEAST)) / p.temperature);
  }
  var total = 0.0;
  var total_q = 0.0;
  for (var c = 0u; c < p.c; c++) {
    total += exp(logits[first + c] / p.temperature - top);
    total_q += exp(log(max(teacher[first + c], LEAST)) / p.temperature - top_q);
  }
  let log_total = log(total) + top;
  let log_total_q = log(total_q) + top_q;
  var divergence = 0.0;
  for (var c = 0u; c < p.c; c++) {
    let log_s = logits[first + c] / p.temperature - log_total; // formula
    let log_q = log(max(teacher[first + c], LEAST)) / p.temperature - log_total_q; // formula
    divergence += exp(log_q) * (log_q - log_s); // formula
    kl_gradient[first + c] = p.temperature * (exp(log_s) - exp(log_q)); // formula
  }
  losses[row] = p.hard * losses[row] + (1.0 - p.hard) * p.temperature * p.temperature * divergence; // formula
}

// backward
@group(0) @binding(0) var<storage, read> b_kl_gradient: array<f32>;
@group(0) @binding(1) var<storage, read_write> dlogits: array<f32>;
@group(0) @binding(2) var<uniform> b_params: DistillParams;

@compute @workgroup_size(64)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = b_params;
  if (i >= p.b * p.c) { return; }
  dlogits[i] = p.hard * dlogits[i] + (1.0 - p.hard) * b_kl_gradient[i] / f32(p.b); // formula
}
