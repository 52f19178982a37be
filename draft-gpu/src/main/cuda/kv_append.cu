// Stores keys and values of a pass's nodes in their slots.
#include "kv.cuh"

struct KvAppendArgs {
  KvPages kv;
  const float* k;     // [nodes][k_stride]
  const float* v;     // [nodes][v_stride]
  const int* prefix;  // committed tokens, one number
  int k_stride;
  int v_stride;
  int layer;
  int first;  // node of the pass
};

// Block (i, c): numbers of node i from c blocks on.
template <class Number>
__device__ __forceinline__ void kv_append(const KvAppendArgs& a) {
  int column = blockIdx.y * blockDim.x + threadIdx.x;
  if (column < a.kv.width) {
    int slot = *a.prefix + a.first + blockIdx.x;
    store(kv_row<Number>(a.kv, 2 * a.layer, slot) + column, a.k[(u64)blockIdx.x * a.k_stride + column]);
    store(kv_row<Number>(a.kv, 2 * a.layer + 1, slot) + column, a.v[(u64)blockIdx.x * a.v_stride + column]);
  }
}

extern "C" __global__ void kv_append_f32(KvAppendArgs a) { kv_append<float>(a); }
extern "C" __global__ void kv_append_f16(KvAppendArgs a) { kv_append<Half>(a); }
