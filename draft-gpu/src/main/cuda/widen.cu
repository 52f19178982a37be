// out[i] = source[i], f16 numbers as f32
#include "common.cuh"

struct WidenArgs {
  const u16* source;  // [n][width]
  float* out;         // [n][out_stride]
  int width;
  int out_stride;
};

// Block (i, c): columns of row i from c blocks on.
extern "C" __global__ void widen(WidenArgs a) {
  int column = blockIdx.y * blockDim.x + threadIdx.x;
  if (column < a.width) {
    a.out[(u64)blockIdx.x * a.out_stride + column] = half_to_float(a.source[(u64)blockIdx.x * a.width + column]);
  }
}
