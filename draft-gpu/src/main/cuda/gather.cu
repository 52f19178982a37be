// out[i] = source[indices[i] + offset]; indices that are null are i.
#include "common.cuh"

struct GatherArgs {
  const float* source;  // [rows][source_stride]
  const int* indices;   // [n] or null
  float* out;           // [n][out_stride], apart from the source
  int offset;
  int width;
  int source_stride;
  int out_stride;
};

// Block (i, c): columns of row i from c blocks on.
extern "C" __global__ void gather(GatherArgs a) {
  int column = blockIdx.y * blockDim.x + threadIdx.x;
  if (column < a.width) {
    u64 row = a.offset + (a.indices == nullptr ? (int)blockIdx.x : a.indices[blockIdx.x]);
    a.out[(u64)blockIdx.x * a.out_stride + column] = a.source[row * a.source_stride + column];
  }
}
