// Standardizes each image of a batch by its own mean and standard deviation, in place.
//
//   mean     = sum of x / count
//   variance = sum of (x - mean)^2 / count
//   x        = (x - mean) / max(sqrt(variance), floor)
//
// The floor, 1 / sqrt(values of an image), avoids a division by 0 for a uniform image, as in
// tf.image.per_image_standardization. A second pass computes the variance from the differences: the mean square minus the squared
// mean would lose digits to cancellation.
//
// Shapes: images [B, count]. Threads: a workgroup per image; each thread adds up every 64th value, then the sums of all threads
// are added in a tree. No gradient: the input is data.

struct StandardizeParams { b: u32, count: u32, floor: f32 }

@group(0) @binding(0) var<storage, read_write> images: array<f32>;
@group(0) @binding(1) var<uniform> params: StandardizeParams;

var<workgroup> sums: array<f32, 64>;

/// The sum of the values of all threads.
fn total(lane: u32, value: f32) -> f32 {
  sums[lane] = value;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (lane < half) { sums[lane] += sums[lane + half]; }
    workgroupBarrier();
  }
  let all = sums[0];
  workgroupBarrier();
  return all;
}

@compute @workgroup_size(64)
fn standardize(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
               @builtin(local_invocation_id) local: vec3u) {
  let p = params;
  let n = group.y * groups.x + group.x;
  if (n >= p.b) { return; }
  let lane = local.x;
  let first = n * p.count;
  var sum = 0.0;
  for (var i = lane; i < p.count; i += 64u) { sum += images[first + i]; }
  let mean = total(lane, sum) / f32(p.count); // formula
  sum = 0.0;
  for (var i = lane; i < p.count; i += 64u) {
    let d = images[first + i] - mean;
    sum += d * d; // formula
  }
  let deviation = max(sqrt(total(lane, sum) / f32(p.count)), p.floor); // formula
  for (var i = lane; i < p.count; i += 64u) { images[first + i] = (images[first + i] - mean) / deviation; } // formula
}
