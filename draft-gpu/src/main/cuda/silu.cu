// in_out = silu(in_out), and out = silu(gate) * up.
#include "common.cuh"

struct SiluArgs {
  float* in_out;  // [tokens][stride]
  int width;
  int stride;
};

struct SiluMulArgs {
  const float* gate;  // [tokens][gate_stride]
  const float* up;    // [tokens][up_stride]
  float* out;         // [tokens][out_stride], may be the gate
  int width;
  int gate_stride;
  int up_stride;
  int out_stride;
};

__device__ __forceinline__ float silu(float x) {
  return x / (1 + expf(-x));
}

// Block (t, c): columns of token t from c blocks on.
extern "C" __global__ void silu(SiluArgs a) {
  int column = blockIdx.y * blockDim.x + threadIdx.x;
  if (column < a.width) {
    float* x = a.in_out + (u64)blockIdx.x * a.stride + column;
    *x = silu(*x);
  }
}

extern "C" __global__ void silu_mul(SiluMulArgs a) {
  int column = blockIdx.y * blockDim.x + threadIdx.x;
  if (column < a.width) {
    u64 token = blockIdx.x;
    a.out[token * a.out_stride + column] =
        silu(a.gate[token * a.gate_stride + column]) * a.up[token * a.up_stride + column];
  }
}
