// Attention of tree nodes over the committed prefix and their own ancestors, with an online softmax (Milakov and
// Gimelshein 2018) over blocks of 256 positions. The blocks follow positions in the sequence, not slots, and each sum
// runs in one order, so a node's result does not depend on the pass that it is computed in.
#include "kv.cuh"

struct AttentionArgs {
  KvPages kv;
  const float* q;          // [nodes][q_stride]
  float* out;              // [nodes][out_stride]
  const int* path;         // the ancestors of each node, itself included, as nodes of the tree, the eldest first
  const int* path_start;   // [nodes]: where a node's begin
  const int* path_length;  // [nodes]
  const int* prefix;       // committed tokens, one number
  int layer;
  int head_dim;
  int heads_a_kv_head;
  int q_stride;
  int out_stride;
  float scale;
};

#define LANES_A_SCORE 8

// Block (h, i): query head h of node i. `blockDim.x` is at least head_dim, and a multiple of WARP.
template <class Number>
__device__ __forceinline__ void attention(const AttentionArgs& a) {
  extern __shared__ float q[];  // [head_dim]
  __shared__ float weights[PAGE];
  __shared__ float room[WARP];
  __shared__ const Number* rows[PAGE];
  int head = blockIdx.x;
  int node = blockIdx.y;
  int prefix = *a.prefix;
  int offset = head / a.heads_a_kv_head * a.head_dim;
  for (int d = threadIdx.x; d < a.head_dim; d += blockDim.x) {
    q[d] = a.q[(u64)node * a.q_stride + head * a.head_dim + d] * a.scale;
  }
  const int* path = a.path + a.path_start[node];
  int length = prefix + a.path_length[node];
  int lane = threadIdx.x % LANES_A_SCORE;
  float best = LOWEST;
  float sum = 0;
  float acc = 0;
  for (int start = 0; start < length; start += PAGE) {
    int count = min(PAGE, length - start);
    for (int i = threadIdx.x; i < count; i += blockDim.x) {
      int t = start + i;
      int slot = t < prefix ? t : prefix + path[t - prefix];
      rows[i] = kv_row<Number>(a.kv, 2 * a.layer, slot) + offset;
    }
    __syncthreads();
    // Scores, eight lanes each; all lanes of a warp go round as often.
    float most = LOWEST;
    for (int from = 0; from < count; from += blockDim.x / LANES_A_SCORE) {
      int i = from + threadIdx.x / LANES_A_SCORE;
      float score = 0;
      if (i < count) {
        const Number* k = rows[i];
        for (int d = lane; d < a.head_dim; d += LANES_A_SCORE) {
          score = fmaf(q[d], widen(k[d]), score);
        }
      }
      for (int step = LANES_A_SCORE / 2; step > 0; step /= 2) {
        score += __shfl_xor_sync(ALL_LANES, score, step);
      }
      if (i < count) {
        most = fmaxf(most, score);
        if (lane == 0) {
          weights[i] = score;
        }
      }
    }
    most = warp_max(most);
    if (threadIdx.x % WARP == 0) {
      room[threadIdx.x / WARP] = most;
    }
    __syncthreads();
    float before = best;
    for (u32 i = 0; i < blockDim.x / WARP; i++) {
      best = fmaxf(best, room[i]);
    }
    __syncthreads();
    float part = 0;
    for (int i = threadIdx.x; i < count; i += blockDim.x) {
      weights[i] = expf(weights[i] - best);
      part += weights[i];
    }
    float shrink = expf(before - best);
    sum = sum * shrink + block_sum(part, room);
    if (threadIdx.x < a.head_dim) {
      acc *= shrink;
      for (int i = 0; i < count; i++) {
        // The values lie a plane behind the keys.
        acc = fmaf(weights[i], widen(rows[i][(u64)PAGE * a.kv.width + threadIdx.x]), acc);
      }
    }
    __syncthreads();
  }
  if (threadIdx.x < a.head_dim) {
    a.out[(u64)node * a.out_stride + head * a.head_dim + threadIdx.x] = acc / sum;
  }
}

extern "C" __global__ void attention_f32(AttentionArgs a) { attention<float>(a); }
extern "C" __global__ void attention_f16(AttentionArgs a) { attention<Half>(a); }
