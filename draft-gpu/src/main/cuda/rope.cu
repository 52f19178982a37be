// Rotates the first values of each head (Su et al. 2021).
#include "common.cuh"

struct RopeArgs {
  const float* angles;  // [tokens][angles_stride]: the cosines of all pairs, then their sines
  float* in_out;        // [tokens][stride], heads behind each other
  int pairs;
  int head_dim;
  int angles_stride;
  int stride;
  int interleaved;  // pair i is (2i, 2i + 1), or else (i, i + pairs)
};

// Block (t, h), a thread a pair: head h of token t.
extern "C" __global__ void rope(RopeArgs a) {
  int i = threadIdx.x;
  if (i < a.pairs) {
    const float* angles = a.angles + (u64)blockIdx.x * a.angles_stride;
    float* head = a.in_out + (u64)blockIdx.x * a.stride + blockIdx.y * a.head_dim;
    int at = a.interleaved ? 2 * i : i;
    int other = a.interleaved ? at + 1 : i + a.pairs;
    float cosine = angles[i];
    float sine = angles[a.pairs + i];
    float x = head[at];
    float y = head[other];
    head[at] = x * cosine - y * sine;
    head[other] = x * sine + y * cosine;
  }
}
