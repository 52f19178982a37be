// Moves the slots of a path behind the committed prefix, in all layers.
#include "kv.cuh"

struct KvCommitArgs {
  KvPages kv;
  const int* slots;  // [count], ascending, slots[i] >= to + i
  int to;
  int count;
};

// Block (p, c): plane p, numbers from c blocks on. A thread moves its number of every slot, in order, so none is
// overwritten before it is read.
template <class Number>
__device__ __forceinline__ void kv_commit(const KvCommitArgs& a) {
  int column = blockIdx.y * blockDim.x + threadIdx.x;
  if (column < a.kv.width) {
    for (int i = 0; i < a.count; i++) {
      kv_row<Number>(a.kv, blockIdx.x, a.to + i)[column] = kv_row<Number>(a.kv, blockIdx.x, a.slots[i])[column];
    }
  }
}

extern "C" __global__ void kv_commit_f32(KvCommitArgs a) { kv_commit<float>(a); }
extern "C" __global__ void kv_commit_f16(KvCommitArgs a) { kv_commit<Half>(a); }
