// out = x / sqrt(mean(x^2) + epsilon) * weight, for rows, or for the heads of rows.
#include "common.cuh"

struct RmsNormArgs {
  const float* x;       // [tokens][x_stride]
  const float* weight;  // [width]
  float* out;           // [tokens][out_stride], may be x
  int width;
  int x_stride;
  int out_stride;
  float epsilon;
};

// Block (t, g): group g of `width` values of token t.
extern "C" __global__ void rms_norm(RmsNormArgs a) {
  __shared__ float room[WARP];
  const float* x = a.x + (u64)blockIdx.x * a.x_stride + blockIdx.y * a.width;
  float* out = a.out + (u64)blockIdx.x * a.out_stride + blockIdx.y * a.width;
  float squares = 0;
  for (int i = threadIdx.x; i < a.width; i += blockDim.x) {
    squares = fmaf(x[i], x[i], squares);
  }
  float scale = 1 / sqrtf(block_sum(squares, room) / a.width + a.epsilon);
  for (int i = threadIdx.x; i < a.width; i += blockDim.x) {
    out[i] = x[i] * scale * a.weight[i];
  }
}
