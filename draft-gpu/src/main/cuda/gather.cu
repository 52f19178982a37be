// out[i] = source[indices[i]]
#include "common.cuh"

struct GatherArgs {
  const float* source;  // [rows][source_stride]
  const int* indices;   // [n]
  float* out;           // [n][out_stride], apart from the source
  int width;
  int source_stride;
  int out_stride;
};

// Block (i, c): columns of row i from c blocks on.
extern "C" __global__ void gather(GatherArgs a) {
  int column = blockIdx.y * blockDim.x + threadIdx.x;
  if (column < a.width) {
    a.out[(u64)blockIdx.x * a.out_stride + column] = a.source[(u64)a.indices[blockIdx.x] * a.source_stride + column];
  }
}
