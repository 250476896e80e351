// 3 x 3 convolution with stride 1 of images with one channel: the first layer of a network for gray faces.
//
// Nine multiplications per output are too few to pay for the set-up of the general kernels. So here a thread keeps the nine
// weights of four output channels in registers and walks along a row of the image. It also keeps the columns of x under the
// window: each output loads only three new pixels. Most of the time then goes into storing y. Mathematics as in conv2d.wgsl:
//
//   y[n, oy, ox, o] = bias[o] + sum over ky, kx of x[n, oy + ky - pad_top, ox + kx - pad_left] * weight[ky, kx, o]
//   dw[ky, kx, o]   = sum over n, oy, ox of x[n, oy + ky - pad_top, ox + kx - pad_left] * dy[n, oy, ox, o]
//   db[o]           = sum over n, oy, ox of dy[n, oy, ox, o], along with the sums of dw, which load dy anyway
//
// `forward` can do more while y is in registers:
//   with `elu` set, it stores elu(y) instead of y
//   with `moments` set, it stores mean and M2 of the run of SIZE rows per channel, which `finish` of batch_norm.wgsl merges
//   with SIZE = 2, it stores `winner` of each 2 x 2 window as in elu_norm_pool.wgsl: its largest y where gamma >= 0, else
//   its smallest
//
// `weight_gradient` with BLOCK set computes dy as it reads it, from the gradient of the layer's block with SIZE x SIZE
// windows (see elu_norm_pool.wgsl). Stored, this dy would be the largest gradient of a network.
//
// `block` is for inference, where y itself is not needed. It continues with batch normalisation of elu(y) and max pooling
// (see inference_block.wgsl) and stores only the pooled map. elu is increasing, and scale * e + offset is increasing if
// scale >= 0, else decreasing. So the largest (or smallest) y of a window decides, with one exp per window.
//
// Shapes: x [B, H, W], weight and dw [3, 3, OC], y and dy [B, OH, OW, OC] in vec4s of channels.
// Threads: one per vec4 of channels and row (of windows), or a run of the row in each slice of the grid's third dimension,
// where GPUs need more threads; `weight_gradient` one per vec4 of channels, chunk of rows and run. Runs are equally long. For
// `fold_gradients`, see parts/grain.wgsl.
// Constants: SIZE, the edge of the pooling window, 1 for no pooling; in `forward` and `weight_gradient` 1 or 2, dividing OH
// and OW. BLOCK, for `weight_gradient` (false in the others; without it SIZE is 1).
// GRAIN and THREADS, for `fold_gradients`.
// Parts: elu, grain

const SIZE = {{SIZE}}u;
const SPAN = SIZE + 2u; // columns and rows of x under a window
const BLOCK = {{BLOCK}};
alias Lane = vec4f;

struct GrayParams {
  b: u32, h: u32, w: u32, oh: u32, ow: u32, oc4: u32, pad_top: u32, pad_left: u32,
  has_bias: u32, chunks: u32, elu: u32, moments: u32, alpha: f32, keep_scale: f32,
}
/// Nine weights or sums of four channels.
alias Taps = array<vec4f, 9>;
/// SPAN rows of one column of x.
alias Column = array<f32, SPAN>;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read> gamma: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> moments: array<vec4f>; // [2, B * OH / SIZE * runs, OC]
@group(0) @binding(6) var<storage, read_write> winner: array<vec4f>; // [B, OH / 2, OW / 2, OC]
@group(0) @binding(7) var<uniform> params: GrayParams;

fn load_taps(quad: u32, oc4: u32) -> Taps {
  var taps = Taps();
  for (var t = 0u; t < 9u; t++) { taps[t] = weight[t * oc4 + quad]; }
  return taps;
}

/// Rows top .. top + SPAN - 1 of column `ix` of image n; 0 outside of it. `top` and `ix` may have wrapped below 0.
fn column_at(n: u32, top: u32, ix: u32, h: u32, w: u32) -> Column {
  var column = Column();
  for (var r = 0u; r < SPAN; r++) {
    let seen = top + r < h && ix < w;
    column[r] = select(0.0, x[select(0u, (n * h + top + r) * w + ix, seen)], seen);
  }
  return column;
}

/// The sum over the nine taps, starting at row `r` of three columns.
fn convolve(taps: Taps, left: Column, middle: Column, right: Column, r: u32) -> vec4f {
  var sum = left[r] * taps[0];
  sum = fma(vec4f(middle[r]), taps[1], sum); // formula
  sum = fma(vec4f(right[r]), taps[2], sum);
  sum = fma(vec4f(left[r + 1u]), taps[3], sum);
  sum = fma(vec4f(middle[r + 1u]), taps[4], sum);
  sum = fma(vec4f(right[r + 1u]), taps[5], sum);
  sum = fma(vec4f(left[r + 2u]), taps[6], sum);
  sum = fma(vec4f(middle[r + 2u]), taps[7], sum);
  return fma(vec4f(right[r + 2u]), taps[8], sum);
}

// forward
@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = params;
  let rows = p.oh / SIZE;
  if (i >= p.b * rows * p.oc4) { return; }
  let quad = i % p.oc4;
  let line = i / p.oc4;
  let n = line / rows;
  let top = (line % rows) * SIZE - p.pad_top;
  let taps = load_taps(quad, p.oc4);
  var shift = vec4f(0.0);
  if (p.has_bias == 1u) { shift = bias[quad]; }
  var sign = vec4f(1.0); // the smallest of y is minus the largest of -y
  if (SIZE == 2u) { sign = select(vec4f(-1.0), vec4f(1.0), gamma[quad] >= vec4f(0.0)); }
  let run = p.ow / groups.z;
  let begin = group.z * run;
  var left = column_at(n, top, begin - p.pad_left, p.h, p.w);
  var middle = column_at(n, top, begin + 1u - p.pad_left, p.h, p.w);
  var first = vec4f();
  var sum = vec4f();
  var squares = vec4f();
  var best = vec4f();
  for (var ox = begin; ox < begin + run; ox++) {
    let right = column_at(n, top, ox + 2u - p.pad_left, p.h, p.w);
    for (var r = 0u; r < SIZE; r++) {
      let z = convolve(taps, left, middle, right, r) + shift; // formula
      let value = select(z, elu_of(z, p.alpha), p.elu == 1u);
      y[((line * SIZE + r) * p.ow + ox) * p.oc4 + quad] = value;
      if (ox - begin + r == 0u) { first = value; }
      sum += value - first;
      squares += (value - first) * (value - first);
      best = select(max(best, sign * value), sign * value, ox % 2u + r == 0u);
    }
    if (SIZE == 2u && ox % 2u == 1u) { winner[(line * (p.ow / 2u) + ox / 2u) * p.oc4 + quad] = sign * best; }
    left = middle;
    middle = right;
  }
  if (p.moments == 1u) {
    let count = f32(SIZE * run);
    let at = (line * groups.z + group.z) * p.oc4 + quad;
    moments[at] = first + sum / count;
    moments[p.b * rows * groups.z * p.oc4 + at] = squares - sum * sum / count;
  }
}

// block: y is [B, OH, OW, OC] with OH and OW counted in windows
@group(0) @binding(3) var<storage, read> scale: array<vec4f>;
@group(0) @binding(4) var<storage, read> offset: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> pooled: array<vec4f>;
@group(0) @binding(6) var<uniform> block_params: GrayParams;

@compute @workgroup_size(64)
fn block(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
         @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = block_params;
  if (i >= p.b * p.oh * p.oc4) { return; }
  let quad = i % p.oc4;
  let line = i / p.oc4;
  let n = line / p.oh;
  let top = (line % p.oh) * SIZE - p.pad_top;
  let taps = load_taps(quad, p.oc4);
  let factor = scale[quad];
  let rising = factor >= vec4f(0.0);
  let sign = select(vec4f(-1.0), vec4f(1.0), rising); // the smallest of y is minus the largest of -y
  var shift = offset[quad];
  var before = vec4f(0.0);
  if (p.has_bias == 1u) { before = bias[quad]; }
  var columns = array<Column, SPAN>();
  for (var c = 0u; c < 2u; c++) { columns[SIZE + c] = column_at(n, top, c - p.pad_left, p.h, p.w); }
  for (var ox = 0u; ox < p.ow; ox++) {
    columns[0] = columns[SIZE];
    columns[1] = columns[SIZE + 1u];
    for (var c = 2u; c < SPAN; c++) {
      columns[c] = column_at(n, top, ox * SIZE + c - p.pad_left, p.h, p.w);
    }
    var best = vec4f(-3.4028234e38);
    for (var k = 0u; k < SIZE * SIZE; k++) {
      let c = k % SIZE;
      best = max(best, sign * convolve(taps, columns[c], columns[c + 1u], columns[c + 2u], k / SIZE)); // formula
    }
    let z = best * sign + before;
    pooled[(line * p.ow + ox) * p.oc4 + quad] = elu_of(z, p.alpha) * factor + shift; // formula
  }
}

// weight_gradient: per run and chunk of rows (of windows), the nine sums of dw and the sum of db
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read> e: array<vec4f>;
@group(0) @binding(3) var<storage, read> winners: array<vec4f>;
@group(0) @binding(4) var<storage, read> coefficients: array<vec4f>; // [4, OC]: mean, scale, constant, slope
@group(0) @binding(5) var<storage, read_write> partial: array<vec4f>; // [runs * chunks, 10, OC]
@group(0) @binding(6) var<uniform> dw_params: GrayParams;

alias Coefficients = array<vec4f, 4>;
/// The pixels of a window in row-major order.
alias Window = array<vec4f, SIZE * SIZE>;

/// dy of one window: loaded, or computed like `input_gradient` of elu_norm_pool.wgsl.
fn gradients_of(line: u32, wx: u32, quad: u32, by: Coefficients, p: GrayParams) -> Window {
  let window = dy[(line * (p.ow / SIZE) + wx) * p.oc4 + quad];
  var result = Window();
  if (!BLOCK) {
    result[0] = window;
    return result;
  }
  var best = vec4f();
  if (SIZE == 2u) { best = winners[(line * (p.ow / SIZE) + wx) * p.oc4 + quad]; }
  var open = vec4<bool>(true); // no pixel of the window has received the gradient yet
  for (var k = 0u; k < SIZE * SIZE; k++) {
    let v = e[((line * SIZE + k / SIZE) * p.ow + wx * SIZE + k % SIZE) * p.oc4 + quad];
    let won = open & ((v == best) | vec4<bool>(SIZE == 1u));
    open = open & !won;
    let d = select(vec4f(0.0), window * p.keep_scale, won);
    result[k] = by[1] * (d - by[2] - (v - by[0]) * by[3]) * select(v + p.alpha, vec4f(1.0), v > vec4f(0.0)); // formula
  }
  return result;
}

@compute @workgroup_size(64)
fn weight_gradient(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                   @builtin(local_invocation_id) local: vec3u) {
  let i = (group.y * groups.x + group.x) * 64u + local.x;
  let p = dw_params;
  if (i >= p.chunks * p.oc4) { return; }
  let quad = i % p.oc4;
  let chunk = i / p.oc4;
  let rows = p.oh / SIZE;
  let lines = p.b * rows;
  var by = Coefficients();
  if (BLOCK) {
    for (var k = 0u; k < 4u; k++) { by[k] = coefficients[k * p.oc4 + quad]; }
  }
  let run = p.ow / SIZE / groups.z;
  let begin = group.z * run;
  var sums = Taps();
  var total = vec4f(0.0);
  for (var line = chunk * lines / p.chunks; line < (chunk + 1u) * lines / p.chunks; line++) {
    let n = line / rows;
    let top = (line % rows) * SIZE - p.pad_top;
    var columns = array<Column, SPAN>();
    for (var c = 0u; c < 2u; c++) { columns[SIZE + c] = column_at(n, top, begin * SIZE + c - p.pad_left, p.h, p.w); }
    for (var wx = begin; wx < begin + run; wx++) {
      columns[0] = columns[SIZE];
      columns[1] = columns[SIZE + 1u];
      for (var c = 2u; c < SPAN; c++) { columns[c] = column_at(n, top, wx * SIZE + c - p.pad_left, p.h, p.w); }
      let gradients = gradients_of(line, wx, quad, by, p);
      for (var k = 0u; k < SIZE * SIZE; k++) {
        let d = gradients[k];
        for (var t = 0u; t < 9u; t++) { sums[t] = fma(vec4f(columns[k % SIZE + t % 3u][k / SIZE + t / 3u]), d, sums[t]); } // formula
        total += d;
      }
    }
  }
  let part = group.z * p.chunks + chunk;
  for (var t = 0u; t < 9u; t++) { partial[(part * 10u + t) * p.oc4 + quad] = sums[t]; }
  partial[(part * 10u + 9u) * p.oc4 + quad] = total;
}

// fold_gradients: the chunks added in order, for dw and db
@group(0) @binding(0) var<storage, read> f_partial: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> dw: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> db: array<vec4f>;
@group(0) @binding(3) var<uniform> f_params: GrayParams;

@compute @workgroup_size({{THREADS}})
fn fold_gradients(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
                  @builtin(local_invocation_id) local: vec3u) {
  let workgroup = group.y * groups.x + group.x;
  let p = f_params;
  if (part_of_{{GRAIN}}(workgroup, local.x, 10u * p.oc4, MERGE) > 0u) { return; }
  let i = column_of_{{GRAIN}}(workgroup, local.x, 10u * p.oc4, MERGE);
  var sum = vec4f();
  for (var chunk = member_{{GRAIN}}(local.x, MERGE); chunk < p.chunks; chunk += members_{{GRAIN}}(MERGE)) {
    sum += f_partial[chunk * 10u * p.oc4 + i]; // formula
  }
  let total = total_{{GRAIN}}(Sums(sum, vec4f()), local.x, MERGE).first;
  if (!stores_{{GRAIN}}(workgroup, local.x, 10u * p.oc4, MERGE)) { return; }
  if (i < 9u * p.oc4) { dw[i] = total; } else { db[i - 9u * p.oc4] = total; }
}
