// The matrices of conv2d_winograd.wgsl and their transposes, applied to one row or column (a "line") of a square. Both
// directions of every transform use these functions. The points 1 and -1, 2 and -2, 1/2 and -1/2 share their even and odd
// terms.
//
// Scaling a point by any factor in A^T and by its inverse in G does not change the result. The factors here are powers of
// two that give all points numbers of similar magnitude (for 2 and -2, A^T has no entry above 1, instead of 8 or 32). This
// makes no difference in float32, but float16 then overflows later.
//
// The shader defines Lane: the type of a few neighbouring channels, which are processed together.
// Constants: EDGE, 4 or 6.

const EDGE = {{EDGE}}u;
const POINTS = EDGE + 2u;

alias Outputs = array<Lane, EDGE>;
alias Points = array<Lane, POINTS>;
alias Taps = array<Lane, 3>;

/// B^T d for a line of a patch.
fn to_points_4(d: array<Lane, 6>) -> array<Lane, 6> {
  let even = d[4] - 4.0 * d[2];
  let odd = d[3] - 4.0 * d[1];
  let even2 = d[4] - d[2];
  let odd2 = 2.0 * (d[3] - d[1]);
  return array(
    4.0 * d[0] - 5.0 * d[2] + d[4],
    even + odd,
    even - odd,
    even2 + odd2,
    even2 - odd2,
    4.0 * d[1] - 5.0 * d[3] + d[5],
  );
}

/// A^T m for a line of points.
fn from_points_4(m: array<Lane, 6>) -> array<Lane, 4> {
  let sum1 = m[1] + m[2];
  let difference1 = m[1] - m[2];
  let sum2 = m[3] + m[4];
  let difference2 = m[3] - m[4];
  return array(
    m[0] + sum1 + sum2 / 8.0,
    difference1 + difference2 / 4.0,
    sum1 + sum2 / 2.0,
    difference1 + difference2 + m[5],
  );
}

/// G g for a line of a kernel.
fn weight_to_points_4(g: array<Lane, 3>) -> array<Lane, 6> {
  let even = g[0] + g[2];
  let even2 = g[0] + 4.0 * g[2];
  return array(
    g[0] / 4.0,
    (even + g[1]) / -6.0,
    (even - g[1]) / -6.0,
    (even2 + 2.0 * g[1]) / 3.0,
    (even2 - 2.0 * g[1]) / 3.0,
    g[2],
  );
}

/// A y for a line of output gradients.
fn gradient_to_points_4(y: array<Lane, 4>) -> array<Lane, 6> {
  let even = y[0] + y[2];
  let odd = y[1] + y[3];
  let even2 = y[0] / 8.0 + y[2] / 2.0;
  let odd2 = y[1] / 4.0 + y[3];
  return array(y[0], even + odd, even - odd, even2 + odd2, even2 - odd2, y[3]);
}

/// G^T u for a line of points.
fn weight_from_points_4(u: array<Lane, 6>) -> array<Lane, 3> {
  let sum1 = (u[1] + u[2]) / -6.0;
  let sum2 = (u[3] + u[4]) / 3.0;
  return array(
    u[0] / 4.0 + sum1 + sum2,
    (u[2] - u[1]) / 6.0 + (u[3] - u[4]) / 1.5,
    sum1 + 4.0 * sum2 + u[5],
  );
}

/// The centre of B p for a line of points, plus what the overlapping patches before and after contribute there. An outermost
/// pixel of a patch depends on a single point: `before` is the last point of the patch before, `after` the first point of
/// the patch after.
fn patch_from_points_4(before: Lane, p: array<Lane, 6>, after: Lane) -> array<Lane, 4> {
  let sum1 = p[1] + p[2];
  let difference1 = p[1] - p[2];
  let sum2 = p[3] + p[4];
  let difference2 = p[3] - p[4];
  return array(
    4.0 * (p[5] - difference1) - 2.0 * difference2 + before,
    -5.0 * p[0] - 4.0 * sum1 - sum2,
    difference1 + 2.0 * difference2 - 5.0 * p[5],
    p[0] + sum1 + sum2 + 4.0 * after,
  );
}

// The same for EDGE = 6.
fn to_points_6(d: array<Lane, 8>) -> array<Lane, 8> {
  let even = d[2] + d[6] - 4.25 * d[4];
  let odd = d[1] + d[5] - 4.25 * d[3];
  let even2 = 0.25 * d[2] - 1.25 * d[4] + d[6];
  let odd2 = 0.5 * d[1] - 2.5 * d[3] + 2.0 * d[5];
  let even_half = 4.0 * d[2] - 5.0 * d[4] + d[6];
  let odd_half = 2.0 * d[1] - 2.5 * d[3] + 0.5 * d[5];
  return array(
    d[0] - d[6] + 5.25 * (d[4] - d[2]),
    even + odd,
    even - odd,
    even2 + odd2,
    even2 - odd2,
    even_half + odd_half,
    even_half - odd_half,
    d[7] - d[1] + 5.25 * (d[3] - d[5]),
  );
}

fn from_points_6(m: array<Lane, 8>) -> array<Lane, 6> {
  let sum1 = m[1] + m[2];
  let difference1 = m[1] - m[2];
  let sum2 = m[3] + m[4];
  let difference2 = m[3] - m[4];
  let sum_half = m[5] + m[6];
  let difference_half = m[5] - m[6];
  return array(
    m[0] + sum1 + sum2 / 32.0 + sum_half,
    difference1 + difference2 / 16.0 + difference_half / 2.0,
    sum1 + sum2 / 8.0 + sum_half / 4.0,
    difference1 + difference2 / 4.0 + difference_half / 8.0,
    sum1 + sum2 / 2.0 + sum_half / 16.0,
    difference1 + difference2 + difference_half / 32.0 + m[7],
  );
}

fn weight_to_points_6(g: array<Lane, 3>) -> array<Lane, 8> {
  let even = g[0] + g[2];
  let even2 = g[0] + 4.0 * g[2];
  let even_half = 4.0 * g[0] + g[2];
  return array(
    g[0],
    (even + g[1]) / -4.5,
    (even - g[1]) / -4.5,
    (even2 + 2.0 * g[1]) / 2.8125,
    (even2 - 2.0 * g[1]) / 2.8125,
    (even_half + 2.0 * g[1]) / 5.625,
    (even_half - 2.0 * g[1]) / 5.625,
    g[2],
  );
}

fn gradient_to_points_6(y: array<Lane, 6>) -> array<Lane, 8> {
  let even = y[0] + y[2] + y[4];
  let odd = y[1] + y[3] + y[5];
  let even2 = y[0] / 32.0 + y[2] / 8.0 + y[4] / 2.0;
  let odd2 = y[1] / 16.0 + y[3] / 4.0 + y[5];
  let even_half = y[0] + y[2] / 4.0 + y[4] / 16.0;
  let odd_half = y[1] / 2.0 + y[3] / 8.0 + y[5] / 32.0;
  return array(
    y[0],
    even + odd,
    even - odd,
    even2 + odd2,
    even2 - odd2,
    even_half + odd_half,
    even_half - odd_half,
    y[5],
  );
}

fn weight_from_points_6(u: array<Lane, 8>) -> array<Lane, 3> {
  let sum1 = (u[1] + u[2]) / -4.5;
  let sum2 = (u[3] + u[4]) / 2.8125;
  let sum_half = (u[5] + u[6]) / 5.625;
  return array(
    u[0] + sum1 + sum2 + 4.0 * sum_half,
    (u[2] - u[1]) / 4.5 + (u[3] - u[4]) / 1.40625 + (u[5] - u[6]) / 2.8125,
    sum1 + 4.0 * sum2 + sum_half + u[7],
  );
}

fn patch_from_points_6(before: Lane, p: array<Lane, 8>, after: Lane) -> array<Lane, 6> {
  let sum1 = p[1] + p[2];
  let difference1 = p[1] - p[2];
  let sum2 = p[3] + p[4];
  let difference2 = p[3] - p[4];
  let sum_half = p[5] + p[6];
  let difference_half = p[5] - p[6];
  return array(
    difference1 + 0.5 * difference2 + 2.0 * difference_half - p[7] + before,
    sum1 + 0.25 * sum2 + 4.0 * sum_half - 5.25 * p[0],
    5.25 * p[7] - 4.25 * difference1 - 2.5 * (difference2 + difference_half),
    5.25 * p[0] - 4.25 * sum1 - 1.25 * sum2 - 5.0 * sum_half,
    difference1 + 2.0 * difference2 + 0.5 * difference_half - 5.25 * p[7],
    sum1 + sum2 + sum_half - p[0] + after,
  );
}
