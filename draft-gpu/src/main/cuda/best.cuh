// The best few of many scores, one after the other, by a block of THREADS threads.
#pragma once
#include "common.cuh"

#define THREADS 256

struct Best {
  float score;
  int index;
};

__device__ __forceinline__ bool before(const Best& a, const Best& b) {
  return a.score > b.score || (a.score == b.score && a.index < b.index);
}

// The best of the scores that belong to this thread; of equal ones the first.
__device__ __forceinline__ Best best_of_mine(const float* scores, int count) {
  Best best = {LOWEST, count};
  for (int i = threadIdx.x; i < count; i += THREADS) {
    if (scores[i] > best.score) {
      best = {scores[i], i};
    }
  }
  return best;
}

// The best of what the threads hold, the same in every thread. `room` is for THREADS / WARP; a call takes another one
// than the call before it.
__device__ __forceinline__ Best block_best(Best best, Best* room) {
  for (int step = WARP / 2; step > 0; step /= 2) {
    Best other;
    other.score = __shfl_xor_sync(ALL_LANES, best.score, step);
    other.index = __shfl_xor_sync(ALL_LANES, best.index, step);
    if (before(other, best)) {
      best = other;
    }
  }
  if (threadIdx.x % WARP == 0) {
    room[threadIdx.x / WARP] = best;
  }
  __syncthreads();
  best = room[0];
  for (int i = 1; i < THREADS / WARP; i++) {
    if (before(room[i], best)) {
      best = room[i];
    }
  }
  return best;
}
