// ELU, batch normalisation and dropout after a dense layer, with one kernel for each direction.
//
// Why: a dense layer has one row for each image of the batch, a few dozen. That is so little work that launching a dispatch takes
// longer than the sums and the normalisation. Here the threads of a workgroup share the rows of their channels, so each workgroup
// has the statistics of its channels and needs no second dispatch to normalise. The backward pass keeps only z of the forward pass:
// computing e, its statistics and the dropout mask again costs less than another dispatch.
//
//   e = elu(z),  xhat = (e - mean) * rstd,  y = mask * (xhat * gamma + beta)
// Gradients, with N rows:
//   d = dy * mask,  dbeta = sum d,  dgamma = sum d * xhat
//   dz = gamma * rstd * (d - dbeta / N - xhat * dgamma / N) * elu'(z),  elu'(z) = 1 where e > 0, else e + alpha
//   db = sum dz, the gradient of the dense layer's bias
// elu.wgsl, batch_norm.wgsl and dropout.wgsl explain these, and elu_norm_pool.wgsl fuses them for maps.
//
// Shapes: z, y, dy and dz [B, C], seen in vec4s of channels.
// Threads: a workgroup has 8 vec4s of channels and 8 threads for each, which take turns over the rows. Their sums are added in
// workgroup memory, in a fixed order.
// Constants: DROPOUT, whether there is dropout.
// Parts: pcg, dropout_mask, elu

const DROPOUT = {{DROPOUT}};
const COLUMNS = 8u;
const THREADS = 64u;
alias Lane = vec4f;

struct DenseBlockParams {
  b: u32, c4: u32, alpha: f32, epsilon: f32, momentum: f32, layer: u32, threshold: u32, keep_scale: f32,
}

struct Sums { first: vec4f, second: vec4f }
struct Statistics { mean: vec4f, variance: vec4f }

/// Each thread's sums over its rows.
var<workgroup> shares: array<Sums, THREADS>;

/// The sums over all rows, from those of each thread.
fn over_rows(own: Sums, thread: u32) -> Sums {
  shares[thread] = own;
  workgroupBarrier();
  var total = Sums();
  for (var share = thread % COLUMNS; share < THREADS; share += COLUMNS) {
    total.first += shares[share].first;
    total.second += shares[share].second;
  }
  workgroupBarrier(); // before the next sums take their place
  return total;
}

/// Mean and variance from the sums of the distances to `origin` and of their squares, which cancel less than those of e.
fn statistics_of(sums: Sums, origin: vec4f, p: DenseBlockParams) -> Statistics {
  let n = f32(p.b);
  return Statistics(origin + sums.first / n, (sums.second - sums.first * sums.first / n) / n); // formula
}

@group(0) @binding(0) var<storage, read> z: array<vec4f>;
@group(0) @binding(1) var<storage, read> gamma: array<vec4f>;
@group(0) @binding(3) var<storage, read> step_state: Step;

/// Mean and variance of the ELU of a channel over all rows. `first_row` is the first of the thread's rows.
fn statistics(c: u32, first_row: u32, thread: u32, p: DenseBlockParams) -> Statistics {
  let origin = elu_of(z[c], p.alpha);
  var sums = Sums();
  for (var row = first_row; row < p.b; row += THREADS / COLUMNS) {
    let d = elu_of(z[row * p.c4 + c], p.alpha) - origin;
    sums.first += d;
    sums.second += d * d;
  }
  return statistics_of(over_rows(sums, thread), origin, p);
}

// forward: updates the moving averages, too
@group(0) @binding(2) var<storage, read> beta: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> moving_mean: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> moving_variance: array<vec4f>;
@group(0) @binding(7) var<uniform> params: DenseBlockParams;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_id) local: vec3u) {
  let p = params;
  let column = (group.y * groups.x + group.x) * COLUMNS + local.x % COLUMNS;
  let c = min(column, p.c4 - 1u); // threads without a channel take part in the sums of the last one, and store nothing
  let first_row = local.x / COLUMNS;
  let s = statistics(c, first_row, local.x, p);
  if (column >= p.c4) { return; }
  let scale = inverseSqrt(s.variance + p.epsilon) * gamma[c]; // formula
  let offset = beta[c];
  let key = dropout_key(step_state, p.layer);
  for (var row = first_row; row < p.b; row += THREADS / COLUMNS) {
    let at = row * p.c4 + c;
    var keep = vec4<bool>(true);
    if (DROPOUT) { keep = kept(elements_of(at), key, p.threshold); }
    y[at] = select(vec4f(), ((elu_of(z[at], p.alpha) - s.mean) * scale + offset) * p.keep_scale, keep); // formula
  }
  if (first_row == 0u) {
    moving_mean[c] = moving_mean[c] * p.momentum + s.mean * (1.0 - p.momentum);
    moving_variance[c] = moving_variance[c] * p.momentum + s.variance * (1.0 - p.momentum);
  }
}

// gradients
@group(0) @binding(2) var<storage, read> dy: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> dz: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> dgamma: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> dbeta: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> db: array<vec4f>;
@group(0) @binding(8) var<uniform> g_params: DenseBlockParams;

/// dy where the value was kept, else 0.
fn kept_gradient(at: u32, key: vec4u, p: DenseBlockParams) -> vec4f {
  var keep = vec4<bool>(true);
  if (DROPOUT) { keep = kept(elements_of(at), key, p.threshold); }
  return select(vec4f(), dy[at] * p.keep_scale, keep);
}

@compute @workgroup_size(64)
fn gradients(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
             @builtin(local_invocation_id) local: vec3u) {
  let p = g_params;
  let column = (group.y * groups.x + group.x) * COLUMNS + local.x % COLUMNS;
  let c = min(column, p.c4 - 1u);
  let first_row = local.x / COLUMNS;
  let s = statistics(c, first_row, local.x, p);
  let rstd = inverseSqrt(s.variance + p.epsilon);
  let key = dropout_key(step_state, p.layer);
  var products = Sums();
  for (var row = first_row; row < p.b; row += THREADS / COLUMNS) {
    let at = row * p.c4 + c;
    let d = kept_gradient(at, key, p);
    products.first += d; // formula
    products.second += d * ((elu_of(z[at], p.alpha) - s.mean) * rstd); // formula
  }
  let total = over_rows(products, local.x);
  let scale = gamma[c] * rstd;
  let constant = total.first / f32(p.b);
  let slope = rstd * total.second / f32(p.b);
  var bias = Sums();
  for (var row = first_row; row < p.b; row += THREADS / COLUMNS) {
    let at = row * p.c4 + c;
    let v = elu_of(z[at], p.alpha);
    let inner = kept_gradient(at, key, p) - constant - (v - s.mean) * slope; // formula
    let gradient = scale * inner * select(v + p.alpha, vec4f(1.0), v > vec4f()); // formula
    if (column < p.c4) { dz[at] = gradient; }
    bias.first += gradient;
  }
  let bias_sums = over_rows(bias, local.x);
  if (column < p.c4 && first_row == 0u) {
    dbeta[c] = total.first;
    dgamma[c] = total.second;
    db[c] = bias_sums.first;
  }
}
