// The gate of Dynamic Gating Fusion (Dovetail, arXiv 2412.18934): out = s * h1 + (1 - s) * h2 with s = sigmoid(z).
#include "common.cuh"

struct GateArgs {
  const float* z;   // [tokens][z_stride]
  const float* h1;  // [tokens][h1_stride]
  const float* h2;  // [tokens][h2_stride]
  float* out;       // [tokens][out_stride]
  int width;
  int z_stride;
  int h1_stride;
  int h2_stride;
  int out_stride;
};

// Block (t, c): columns of token t from c blocks on.
extern "C" __global__ void gate(GateArgs a) {
  int column = blockIdx.y * blockDim.x + threadIdx.x;
  if (column < a.width) {
    u64 token = blockIdx.x;
    float s = 1 / (1 + expf(-a.z[token * a.z_stride + column]));
    float h1 = a.h1[token * a.h1_stride + column];
    float h2 = a.h2[token * a.h2_stride + column];
    a.out[token * a.out_stride + column] = s * h1 + (1 - s) * h2;
  }
}
