// out = x w^T, or out += x w^T: a warp takes a row of weights, each lane every 32nd unit of its columns, for N tokens at
// a time. A weight is read and widened once for them. Which lane adds what, and in which order, depends on the columns
// alone, so a token's result is the same in whichever company it is computed.
#pragma once
#include "weights.cuh"

struct MatmulArgs {
  Planes w;        // [rows][units of a row]
  const float* x;  // [tokens][x_stride], 16-byte aligned
  float* out;      // [tokens][out_stride]: the first row's column
  int rows;
  int cols;
  int x_stride;  // a multiple of 4
  int out_stride;
  int tokens;
  int add;
};

#define MATMUL_WARPS 4

// Block (r, t): rows from r * MATMUL_WARPS on, tokens from t * N on.
template <class Type, int N>
__device__ __forceinline__ void matmul(const MatmulArgs& a) {
  int row = blockIdx.x * MATMUL_WARPS + threadIdx.x / WARP;
  int lane = threadIdx.x % WARP;
  int first = blockIdx.y * N;
  int last = a.tokens - 1 - first;
  if (row >= a.rows) {
    return;
  }
  int units = (a.cols + 7) / 8;
  int whole = a.cols / 8;
  float sum[N];
#pragma unroll
  for (int t = 0; t < N; t++) {
    sum[t] = 0;
  }
  const float* x = a.x + (u64)first * a.x_stride;
  for (int unit = lane; unit < units; unit += WARP) {
    float w[8];
    Type::load(a.w, (u64)row * units + unit, w);
#pragma unroll
    for (int t = 0; t < N; t++) {
      // Tokens that are not there repeat the last one, and are not written.
      const float* from = x + (u64)min(t, last) * a.x_stride + 8 * unit;
      if (unit < whole) {
        float4 lower = *(const float4*)from;
        float4 upper = *(const float4*)(from + 4);
        sum[t] = fmaf(w[0], lower.x, sum[t]);
        sum[t] = fmaf(w[1], lower.y, sum[t]);
        sum[t] = fmaf(w[2], lower.z, sum[t]);
        sum[t] = fmaf(w[3], lower.w, sum[t]);
        sum[t] = fmaf(w[4], upper.x, sum[t]);
        sum[t] = fmaf(w[5], upper.y, sum[t]);
        sum[t] = fmaf(w[6], upper.z, sum[t]);
        sum[t] = fmaf(w[7], upper.w, sum[t]);
      } else {
        for (int i = 0; i < a.cols - 8 * whole; i++) {
          sum[t] = fmaf(w[i], from[i], sum[t]);
        }
      }
    }
  }
#pragma unroll
  for (int t = 0; t < N; t++) {
    float all = warp_sum(sum[t]);
    if (lane == t && t <= last) {
      float* out = a.out + (u64)(first + t) * a.out_stride + row;
      *out = a.add ? *out + all : all;
    }
  }
}
