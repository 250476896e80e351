// Batch normalisation (Ioffe & Szegedy 2015), with Keras's rules.
//
// What it means: each channel is shifted and scaled to mean 0 and variance 1 over the batch. Then the learned gamma and beta
// give it whatever scale and offset it needs. The following layers see inputs whose distribution does not drift.
//
//   mean = average of x, var = average of (x - mean)^2 (biased), rstd = 1 / sqrt(var + epsilon)
//   xhat = (x - mean) * rstd,   y = gamma * xhat + beta
//   moving = moving * momentum + batch * (1 - momentum), for mean and (biased) variance
//
// Gradients, with N values per channel, and mean and var themselves functions of x:
//   dbeta = sum dy,  dgamma = sum dy * xhat
//   dx = gamma * rstd * (dy - dbeta / N - xhat * dgamma / N)
// In inference, mean and var are constants, and the last two terms vanish (inv_n = 0).
// The backward pass keeps only mean and rstd. It recomputes xhat, which is cheaper than storing it.
//
// Computing the variance as E[x^2] - E[x]^2 would lose digits to cancellation in float32. So each chunk sums the differences
// from its own first value, and chunks are merged by the formula of Chan et al. (1979), in a fixed order.
//
// Shapes: x is viewed as [outer, C, inner]: NHWC has inner = 1, NCHW inner = H * W, features inner = 1.
// Threads: one per channel group and chunk of rows, or a team for them; see parts/grain.wgsl. The two element-wise passes use
// short chunks: a thread loads the channel's coefficients once for all rows of its chunk.
// Constants: LANE is f32 or vec4f, a group of neighbouring channels (vec4f only when inner = 1 and C % 4 = 0). GRAIN and THREADS.
// Parts: grain

alias Lane = {{LANE}};

struct StatisticsParams { outer: u32, channels: u32, inner: u32, chunks: u32 }

// statistics: per chunk and channel [mean, M2], M2 = the sum of squared distances to that mean
@group(0) @binding(0) var<storage, read> x: array<Lane>;
@group(0) @binding(1) var<storage, read_write> partial: array<Lane>; // [2, chunks, C]
@group(0) @binding(2) var<uniform> params: StatisticsParams;

@compute @workgroup_size({{THREADS}})
fn statistics(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
              @builtin(local_invocation_id) local: vec3u) {
  let workgroup = group.y * groups.x + group.x;
  let p = params;
  let chunk = part_of_{{GRAIN}}(workgroup, local.x, p.channels, STRIP);
  if (chunk >= p.chunks) { return; }
  let c = column_of_{{GRAIN}}(workgroup, local.x, p.channels, STRIP);
  let first = chunk * p.outer / p.chunks;
  let last = (chunk + 1u) * p.outer / p.chunks;
  let origin = x[(first * p.channels + c) * p.inner];
  var own = Sums();
  for (var o = first + member_{{GRAIN}}(local.x, STRIP); o < last; o += members_{{GRAIN}}(STRIP)) {
    for (var k = 0u; k < p.inner; k++) {
      let d = x[(o * p.channels + c) * p.inner + k] - origin;
      own.first += d;
      own.second += d * d;
    }
  }
  let total = total_{{GRAIN}}(own, local.x, STRIP);
  if (!stores_{{GRAIN}}(workgroup, local.x, p.channels, STRIP)) { return; }
  let n = f32((last - first) * p.inner);
  partial[chunk * p.channels + c] = origin + total.first / n; // formula
  partial[(p.chunks + chunk) * p.channels + c] = total.second - total.first * total.first / n; // formula
}

// finish: merges the chunks, and updates the moving averages. `affine` is the normalisation of each channel as scale and offset, for a
// convolution that applies it while loading x
struct FinishParams { outer: u32, channels: u32, inner: u32, chunks: u32, epsilon: f32, momentum: f32 }
@group(0) @binding(0) var<storage, read> finish_partial: array<Lane>;
@group(0) @binding(1) var<storage, read> gamma: array<Lane>;
@group(0) @binding(2) var<storage, read> beta: array<Lane>;
@group(0) @binding(3) var<storage, read_write> mean: array<Lane>;
@group(0) @binding(4) var<storage, read_write> rstd: array<Lane>;
@group(0) @binding(5) var<storage, read_write> affine: array<Lane>; // [2, C]
@group(0) @binding(6) var<storage, read_write> moving_mean: array<Lane>;
@group(0) @binding(7) var<storage, read_write> moving_variance: array<Lane>;
@group(0) @binding(8) var<uniform> finish_params: FinishParams;

/// Mean and M2 of n values.
struct Moments { n: f32, mean: Lane, m2: Lane }

/// The moments of all chunks, from those of each thread's share of the chunks; `n` is the number of all values.
fn merged_coarse(own: Moments, n: f32, thread: u32) -> Moments { return own; }
fn merged_fine(own: Moments, n: f32, thread: u32) -> Moments {
  let mean = total_fine(Sums(own.mean * own.n, Lane()), thread, MERGE).first / n;
  let apart = own.mean - mean;
  return Moments(n, mean, total_fine(Sums(own.m2 + apart * apart * own.n, Lane()), thread, MERGE).first); // formula
}

@compute @workgroup_size({{THREADS}})
fn finish(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
          @builtin(local_invocation_id) local: vec3u) {
  let workgroup = group.y * groups.x + group.x;
  let p = finish_params;
  if (part_of_{{GRAIN}}(workgroup, local.x, p.channels, MERGE) > 0u) { return; }
  let c = column_of_{{GRAIN}}(workgroup, local.x, p.channels, MERGE);
  var own = Moments();
  for (var chunk = member_{{GRAIN}}(local.x, MERGE); chunk < p.chunks; chunk += members_{{GRAIN}}(MERGE)) {
    let rows = (chunk + 1u) * p.outer / p.chunks - chunk * p.outer / p.chunks;
    let m = f32(rows * p.inner);
    let delta = finish_partial[chunk * p.channels + c] - own.mean;
    own.mean += delta * (m / (own.n + m)); // formula
    own.m2 += finish_partial[(p.chunks + chunk) * p.channels + c] + delta * delta * (own.n * m / (own.n + m)); // formula
    own.n += m;
  }
  let all = merged_{{GRAIN}}(own, f32(p.outer * p.inner), local.x);
  if (!stores_{{GRAIN}}(workgroup, local.x, p.channels, MERGE)) { return; }
  let variance = all.m2 / all.n;
  let own_rstd = inverseSqrt(variance + p.epsilon); // formula
  let scale = own_rstd * gamma[c];
  mean[c] = all.mean;
  rstd[c] = own_rstd;
  affine[c] = scale;
  affine[p.channels + c] = beta[c] - all.mean * scale; // formula
  moving_mean[c] = moving_mean[c] * p.momentum + all.mean * (1.0 - p.momentum); // formula
  moving_variance[c] = moving_variance[c] * p.momentum + variance * (1.0 - p.momentum); // formula
}

// moving_rstd: 1 / sqrt(moving variance + epsilon), which inference uses instead of the batch's rstd
struct MovingParams { channels: u32, epsilon: f32 }
@group(0) @binding(0) var<storage, read> moving_variance_in: array<Lane>;
@group(0) @binding(1) var<storage, read_write> moving_rstd_out: array<Lane>;
@group(0) @binding(2) var<uniform> moving_params: MovingParams;

@compute @workgroup_size(64)
fn moving_rstd(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
               @builtin(local_invocation_id) local: vec3u) {
  let c = (group.y * groups.x + group.x) * 64u + local.x;
  if (c >= moving_params.channels) { return; }
  moving_rstd_out[c] = inverseSqrt(moving_variance_in[c] + moving_params.epsilon); // formula
}

// normalize_values
struct NormalizeParams { outer: u32, channels: u32, inner: u32, rows: u32 }
@group(0) @binding(0) var<storage, read> n_x: array<Lane>;
@group(0) @binding(1) var<storage, read> n_mean: array<Lane>;
@group(0) @binding(2) var<storage, read> n_rstd: array<Lane>;
@group(0) @binding(3) var<storage, read> n_gamma: array<Lane>;
@group(0) @binding(4) var<storage, read> n_beta: array<Lane>;
@group(0) @binding(5) var<storage, read_write> y: array<Lane>;
@group(0) @binding(6) var<uniform> n_params: NormalizeParams;

@compute @workgroup_size(64)
fn normalize_values(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                    @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = n_params;
  let c = i % p.channels;
  let first = (i / p.channels) * p.rows;
  if (first >= p.outer) { return; }
  let shift = n_mean[c];
  let scale = n_rstd[c] * n_gamma[c];
  let offset = n_beta[c];
  for (var o = first; o < min(first + p.rows, p.outer); o++) {
    for (var k = 0u; k < p.inner; k++) {
      let at = (o * p.channels + c) * p.inner + k;
      y[at] = (n_x[at] - shift) * scale + offset; // formula
    }
  }
}

// gradient_sums: per chunk and channel [sum dy, sum dy * xhat]
@group(0) @binding(0) var<storage, read> s_dy: array<Lane>;
@group(0) @binding(1) var<storage, read> s_x: array<Lane>;
@group(0) @binding(2) var<storage, read> s_mean: array<Lane>;
@group(0) @binding(3) var<storage, read> s_rstd: array<Lane>;
@group(0) @binding(4) var<storage, read_write> s_partial: array<Lane>; // [chunks, 2, C]
@group(0) @binding(5) var<uniform> s_params: StatisticsParams;

@compute @workgroup_size({{THREADS}})
fn gradient_sums(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                 @builtin(local_invocation_id) local: vec3u) {
  let workgroup = group.y * groups.x + group.x;
  let p = s_params;
  let chunk = part_of_{{GRAIN}}(workgroup, local.x, p.channels, STRIP);
  if (chunk >= p.chunks) { return; }
  let c = column_of_{{GRAIN}}(workgroup, local.x, p.channels, STRIP);
  let last = (chunk + 1u) * p.outer / p.chunks;
  var own = Sums();
  for (var o = chunk * p.outer / p.chunks + member_{{GRAIN}}(local.x, STRIP); o < last; o += members_{{GRAIN}}(STRIP)) {
    for (var k = 0u; k < p.inner; k++) {
      let at = (o * p.channels + c) * p.inner + k;
      own.first += s_dy[at]; // formula
      own.second += s_dy[at] * ((s_x[at] - s_mean[c]) * s_rstd[c]); // formula
    }
  }
  let total = total_{{GRAIN}}(own, local.x, STRIP);
  if (!stores_{{GRAIN}}(workgroup, local.x, p.channels, STRIP)) { return; }
  s_partial[chunk * 2u * p.channels + c] = total.first;
  s_partial[(chunk * 2u + 1u) * p.channels + c] = total.second;
}

// finish_gradients: the chunks added in order
struct FinishGradientsParams { channels: u32, chunks: u32 }
@group(0) @binding(0) var<storage, read> fg_partial: array<Lane>;
@group(0) @binding(1) var<storage, read_write> dbeta: array<Lane>;
@group(0) @binding(2) var<storage, read_write> dgamma: array<Lane>;
@group(0) @binding(3) var<uniform> fg_params: FinishGradientsParams;

@compute @workgroup_size({{THREADS}})
fn finish_gradients(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                    @builtin(local_invocation_id) local: vec3u) {
  let workgroup = group.y * groups.x + group.x;
  let p = fg_params;
  if (part_of_{{GRAIN}}(workgroup, local.x, p.channels, MERGE) > 0u) { return; }
  let c = column_of_{{GRAIN}}(workgroup, local.x, p.channels, MERGE);
  var own = Sums();
  for (var chunk = member_{{GRAIN}}(local.x, MERGE); chunk < p.chunks; chunk += members_{{GRAIN}}(MERGE)) {
    own.first += fg_partial[chunk * 2u * p.channels + c]; // formula
    own.second += fg_partial[(chunk * 2u + 1u) * p.channels + c]; // formula
  }
  let total = total_{{GRAIN}}(own, local.x, MERGE);
  if (!stores_{{GRAIN}}(workgroup, local.x, p.channels, MERGE)) { return; }
  dbeta[c] = total.first;
  dgamma[c] = total.second;
}

// input_gradient
struct InputGradientParams { outer: u32, channels: u32, inner: u32, rows: u32, inv_n: f32 }
@group(0) @binding(0) var<storage, read> i_dy: array<Lane>;
@group(0) @binding(1) var<storage, read> i_x: array<Lane>;
@group(0) @binding(2) var<storage, read> i_mean: array<Lane>;
@group(0) @binding(3) var<storage, read> i_rstd: array<Lane>;
@group(0) @binding(4) var<storage, read> i_gamma: array<Lane>;
@group(0) @binding(5) var<storage, read> i_dbeta: array<Lane>;
@group(0) @binding(6) var<storage, read> i_dgamma: array<Lane>;
@group(0) @binding(7) var<storage, read_write> dx: array<Lane>;
@group(0) @binding(8) var<uniform> i_params: InputGradientParams;

@compute @workgroup_size(64)
fn input_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                  @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = i_params;
  let c = i % p.channels;
  let first = (i / p.channels) * p.rows;
  if (first >= p.outer) { return; }
  let shift = i_mean[c];
  let scale = i_gamma[c] * i_rstd[c];
  let constant = i_dbeta[c] * p.inv_n;
  let slope = i_rstd[c] * i_dgamma[c] * p.inv_n;
  for (var o = first; o < min(first + p.rows, p.outer); o++) {
    for (var k = 0u; k < p.inner; k++) {
      let at = (o * p.channels + c) * p.inner + k;
      dx[at] = scale * (i_dy[at] - constant - (i_x[at] - shift) * slope); // formula
    }
  }
}
