// ELU, batch normalisation, max pooling and dropout, fused: the layers between two convolutions of `fer-cnn`.
//
// Why fuse: each of these ops does little arithmetic on many numbers, so loading and storing take most of its time. One
// after the other they move every number of the large map about nineteen times per training step; fused, about five times.
// Only e = elu(z), which the convolution stores instead of its output z, and the small pooled maps are kept: e determines
// elu'(z) and the winning place. The mathematics is that of elu.wgsl, batch_norm.wgsl, max_pool2d.wgsl and dropout.wgsl:
//
//   u = (e - mean) * rstd * gamma + beta,  y = mask * max over the window of u
//   `winner` is the e with the largest u of a window, or NO_WINNER where dropout removed the result. Its place is the first
//   in row-major order that holds this e. Without pooling and dropout every e wins, and e itself serves as `winner`
// Gradients: only winning places receive one, so the two sums of batch normalisation run over the small map:
//   d = dy * mask where e won, else 0;   dbeta = sum d,   dgamma = sum d * xhat,   xhat = (e - mean) * rstd
//   dz = gamma * rstd * (d - dbeta / N - xhat * dgamma / N) * elu'(z),  elu'(z) = 1 where e > 0, else e + alpha
// Windows tile the image (stride = SIZE). With SIZE = 1 there is no pooling.
//
// Shapes: e and dz [B, H, W, C], y, dy and winner [B, OH, OW, C], all seen in vec4s of channels.
// Threads: one per vec4 of channels and row of windows, or a run of a row in each slice of the grid's third dimension, so that a
// channel's coefficients are loaded once for all of them. The sums: one per vec4 of channels and chunk of rows, or a team for
// them; see parts/grain.wgsl.
// Constants: SIZE, the edge of the pooling window; DROPOUT, whether there is dropout; GRAIN and THREADS.
// Parts: pcg, dropout_mask, grain

const SIZE = {{SIZE}}u;
const DROPOUT = {{DROPOUT}};
const ENDS_IN_NORM = SIZE == 1u && !DROPOUT;
alias Lane = vec4f;
const NO_WINNER = 3.4028234e38; // larger than any e of a finite loss

struct BlockParams {
  b: u32, h: u32, w: u32, c4: u32, oh: u32, ow: u32, chunks: u32,
  alpha: f32, layer: u32, threshold: u32, keep_scale: f32, inv_n: f32,
}
// statistics: per chunk of rows and channel [mean, M2] of e, for batch_norm.wgsl's `finish`
@group(0) @binding(0) var<storage, read> e: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> partial: array<vec4f>; // [2, chunks, C]
@group(0) @binding(2) var<uniform> params: BlockParams;

@compute @workgroup_size({{THREADS}})
fn statistics(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
              @builtin(local_invocation_id) local: vec3u) {
  let workgroup = group.y * groups.x + group.x;
  let p = params;
  let chunk = part_of_{{GRAIN}}(workgroup, local.x, p.c4, STRIP);
  if (chunk >= p.chunks) { return; }
  let c = column_of_{{GRAIN}}(workgroup, local.x, p.c4, STRIP);
  let rows = p.b * p.h * p.w;
  let first = chunk * rows / p.chunks;
  let last = (chunk + 1u) * rows / p.chunks;
  let origin = e[first * p.c4 + c];
  var own = Sums();
  for (var row = first + member_{{GRAIN}}(local.x, STRIP); row < last; row += members_{{GRAIN}}(STRIP)) {
    let d = e[row * p.c4 + c] - origin;
    own.first += d;
    own.second += d * d;
  }
  let total = total_{{GRAIN}}(own, local.x, STRIP);
  if (!stores_{{GRAIN}}(workgroup, local.x, p.c4, STRIP)) { return; }
  let n = f32(last - first);
  partial[chunk * p.c4 + c] = origin + total.first / n; // formula
  partial[(p.chunks + chunk) * p.c4 + c] = total.second - total.first * total.first / n; // formula
}

// forward
@group(0) @binding(0) var<storage, read> f_e: array<vec4f>;
@group(0) @binding(1) var<storage, read> f_mean: array<vec4f>;
@group(0) @binding(2) var<storage, read> f_rstd: array<vec4f>;
@group(0) @binding(3) var<storage, read> f_gamma: array<vec4f>;
@group(0) @binding(4) var<storage, read> f_beta: array<vec4f>;
@group(0) @binding(5) var<storage, read> f_step: Step;
@group(0) @binding(6) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> winner: array<vec4f>;
@group(0) @binding(8) var<uniform> f_params: BlockParams;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = f_params;
  if (i >= p.b * p.oh * p.c4) { return; }
  let c = i % p.c4;
  let line = i / p.c4; // n * OH + oy
  let top = ((line / p.oh) * p.h + (line % p.oh) * SIZE) * p.w;
  let shift = f_mean[c];
  let scale = f_rstd[c] * f_gamma[c];
  let offset = f_beta[c];
  let key = dropout_key(f_step, p.layer);
  for (var ox = group.z * RUN_{{GRAIN}}; ox < min(p.ow, (group.z + 1u) * RUN_{{GRAIN}}); ox++) {
    var best = vec4f(-NO_WINNER);
    var best_e = vec4f(0.0);
    for (var k = 0u; k < SIZE * SIZE; k++) {
      let v = f_e[(top + (k / SIZE) * p.w + ox * SIZE + k % SIZE) * p.c4 + c];
      let u = (v - shift) * scale + offset; // formula
      let better = u > best;
      best = select(best, u, better);
      best_e = select(best_e, v, better);
    }
    let at = (line * p.ow + ox) * p.c4 + c;
    var keep = vec4<bool>(true);
    if (DROPOUT) { keep = kept(elements_of(at), key, p.threshold); }
    y[at] = select(vec4f(0.0), best * p.keep_scale, keep); // formula
    if (!ENDS_IN_NORM) { winner[at] = select(vec4f(NO_WINNER), best_e, keep); }
  }
}

// forward_winners: the same from the winners that the convolution has found. The largest e of a window, or the smallest where
// gamma < 0, has the largest u
@group(0) @binding(0) var<storage, read> w_mean: array<vec4f>;
@group(0) @binding(1) var<storage, read> w_rstd: array<vec4f>;
@group(0) @binding(2) var<storage, read> w_gamma: array<vec4f>;
@group(0) @binding(3) var<storage, read> w_beta: array<vec4f>;
@group(0) @binding(4) var<storage, read> w_step: Step;
@group(0) @binding(5) var<storage, read_write> w_y: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> w_winner: array<vec4f>;
@group(0) @binding(7) var<uniform> w_params: BlockParams;

@compute @workgroup_size(64)
fn forward_winners(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                   @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = w_params;
  if (i >= p.b * p.oh * p.c4) { return; }
  let c = i % p.c4;
  let line = i / p.c4;
  let shift = w_mean[c];
  let scale = w_rstd[c] * w_gamma[c];
  let offset = w_beta[c];
  let key = dropout_key(w_step, p.layer);
  for (var ox = group.z * RUN_{{GRAIN}}; ox < min(p.ow, (group.z + 1u) * RUN_{{GRAIN}}); ox++) {
    let at = (line * p.ow + ox) * p.c4 + c;
    let v = w_winner[at];
    var keep = vec4<bool>(true);
    if (DROPOUT) { keep = kept(elements_of(at), key, p.threshold); }
    w_y[at] = select(vec4f(0.0), ((v - shift) * scale + offset) * p.keep_scale, keep); // formula
    if (DROPOUT) { w_winner[at] = select(vec4f(NO_WINNER), v, keep); }
  }
}

// gradient_sums: per chunk of windows and channel [sum d, sum d * xhat]
@group(0) @binding(0) var<storage, read> s_dy: array<vec4f>;
@group(0) @binding(1) var<storage, read> s_winner: array<vec4f>;
@group(0) @binding(2) var<storage, read> s_mean: array<vec4f>;
@group(0) @binding(3) var<storage, read> s_rstd: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> s_partial: array<vec4f>; // [chunks, 2, C]
@group(0) @binding(5) var<uniform> s_params: BlockParams;

@compute @workgroup_size({{THREADS}})
fn gradient_sums(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                 @builtin(local_invocation_id) local: vec3u) {
  let workgroup = group.y * groups.x + group.x;
  let p = s_params;
  let chunk = part_of_{{GRAIN}}(workgroup, local.x, p.c4, STRIP);
  if (chunk >= p.chunks) { return; }
  let c = column_of_{{GRAIN}}(workgroup, local.x, p.c4, STRIP);
  let windows = p.b * p.oh * p.ow;
  let shift = s_mean[c];
  let rstd = s_rstd[c];
  var own = Sums();
  let last = (chunk + 1u) * windows / p.chunks;
  for (var window = chunk * windows / p.chunks + member_{{GRAIN}}(local.x, STRIP); window < last; window += members_{{GRAIN}}(STRIP)) {
    let at = window * p.c4 + c;
    let v = s_winner[at];
    let seen = v < vec4f(NO_WINNER);
    let d = select(vec4f(0.0), s_dy[at] * p.keep_scale, seen);
    own.first += d; // formula
    own.second += d * (select(vec4f(0.0), v - shift, seen) * rstd); // formula
  }
  let total = total_{{GRAIN}}(own, local.x, STRIP);
  if (!stores_{{GRAIN}}(workgroup, local.x, p.c4, STRIP)) { return; }
  s_partial[chunk * 2u * p.c4 + c] = total.first;
  s_partial[(chunk * 2u + 1u) * p.c4 + c] = total.second;
}

// finish_gradients: adds the chunks in order, and computes the coefficients of each channel for input_gradient
@group(0) @binding(0) var<storage, read> g_partial: array<vec4f>;
@group(0) @binding(1) var<storage, read> g_mean: array<vec4f>;
@group(0) @binding(2) var<storage, read> g_rstd: array<vec4f>;
@group(0) @binding(3) var<storage, read> g_gamma: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> dbeta: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> dgamma: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> coefficients: array<vec4f>; // [4, C]: mean, scale, constant, slope
@group(0) @binding(7) var<uniform> g_params: BlockParams;

@compute @workgroup_size({{THREADS}})
fn finish_gradients(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                    @builtin(local_invocation_id) local: vec3u) {
  let workgroup = group.y * groups.x + group.x;
  let p = g_params;
  if (part_of_{{GRAIN}}(workgroup, local.x, p.c4, MERGE) > 0u) { return; }
  let c = column_of_{{GRAIN}}(workgroup, local.x, p.c4, MERGE);
  var own = Sums();
  for (var chunk = member_{{GRAIN}}(local.x, MERGE); chunk < p.chunks; chunk += members_{{GRAIN}}(MERGE)) {
    own.first += g_partial[chunk * 2u * p.c4 + c]; // formula
    own.second += g_partial[(chunk * 2u + 1u) * p.c4 + c]; // formula
  }
  let total = total_{{GRAIN}}(own, local.x, MERGE);
  if (!stores_{{GRAIN}}(workgroup, local.x, p.c4, MERGE)) { return; }
  dbeta[c] = total.first;
  dgamma[c] = total.second;
  coefficients[c] = g_mean[c];
  coefficients[p.c4 + c] = g_gamma[c] * g_rstd[c];
  coefficients[2u * p.c4 + c] = total.first * p.inv_n;
  coefficients[3u * p.c4 + c] = g_rstd[c] * total.second * p.inv_n;
}

// input_gradient: by rows of windows. The last row may be incomplete; its pixels belong to no window
@group(0) @binding(0) var<storage, read> i_dy: array<vec4f>;
@group(0) @binding(1) var<storage, read> i_e: array<vec4f>;
@group(0) @binding(2) var<storage, read> i_winner: array<vec4f>;
@group(0) @binding(3) var<storage, read> i_coefficients: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> dz: array<vec4f>;
@group(0) @binding(5) var<uniform> i_params: BlockParams;

@compute @workgroup_size(64)
fn input_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                  @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = i_params;
  let down = (p.h + SIZE - 1u) / SIZE;
  if (i >= p.b * down * p.c4) { return; }
  let c = i % p.c4;
  let n = (i / p.c4) / down;
  let oy = (i / p.c4) % down;
  let shift = i_coefficients[c];
  let scale = i_coefficients[p.c4 + c];
  let constant = i_coefficients[2u * p.c4 + c];
  let slope = i_coefficients[3u * p.c4 + c];
  let across = (p.w + SIZE - 1u) / SIZE;
  for (var ox = group.z * RUN_{{GRAIN}}; ox < min(across, (group.z + 1u) * RUN_{{GRAIN}}); ox++) {
    let whole = oy < p.oh && ox < p.ow;
    let at = select(0u, ((n * p.oh + oy) * p.ow + ox) * p.c4 + c, whole);
    let gradient = select(vec4f(0.0), i_dy[at] * p.keep_scale, vec4<bool>(whole));
    var winner_e = vec4f(NO_WINNER);
    if (!ENDS_IN_NORM) { winner_e = i_winner[at]; }
    var open = vec4<bool>(true); // no pixel of the window has won yet
    for (var k = 0u; k < SIZE * SIZE; k++) {
      let iy = oy * SIZE + k / SIZE;
      let ix = ox * SIZE + k % SIZE;
      if (iy < p.h && ix < p.w) {
        let pixel = ((n * p.h + iy) * p.w + ix) * p.c4 + c;
        let v = i_e[pixel];
        let won = open & ((v == winner_e) | vec4<bool>(ENDS_IN_NORM));
        open = open & !won;
        let d = select(vec4f(0.0), gradient, won);
        dz[pixel] = scale * (d - constant - (v - shift) * slope) * select(v + p.alpha, vec4f(1.0), v > vec4f(0.0)); // formula
      }
    }
  }
}
