// in_out += bias, in each row.
#include "common.cuh"

struct AddBiasArgs {
  const float* bias;  // [width]
  float* in_out;      // [tokens][stride]
  int width;
  int stride;
};

// Block (t, c): columns of token t from c blocks on.
extern "C" __global__ void add_bias(AddBiasArgs a) {
  int column = blockIdx.y * blockDim.x + threadIdx.x;
  if (column < a.width) {
    a.in_out[(u64)blockIdx.x * a.stride + column] += a.bias[column];
  }
}
