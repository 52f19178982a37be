// What a GPU can do at most, to measure other kernels by: reading memory, and multiply-adds in registers.
#include "common.cuh"

struct LimitReadArgs {
  const float4* data;  // [count]
  float* out;          // [threads]
  int count;
};

// Every thread sums its share of the data; four of its loads are on their way at a time.
extern "C" __global__ void limit_read(LimitReadArgs a) {
  int thread = blockIdx.x * blockDim.x + threadIdx.x;
  int threads = gridDim.x * blockDim.x;
  float sum[4] = {0, 0, 0, 0};
  int i = thread;
  for (; i < a.count - 3 * threads; i += 4 * threads) {
#pragma unroll
    for (int k = 0; k < 4; k++) {
      float4 v = a.data[i + k * threads];
      sum[k] += (v.x + v.y) + (v.z + v.w);
    }
  }
  for (; i < a.count; i += threads) {
    float4 v = a.data[i];
    sum[0] += (v.x + v.y) + (v.z + v.w);
  }
  a.out[thread] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

struct LimitFmaArgs {
  float* out;  // [threads]
  int rounds;
  float factor;
  float term;
};

#define CHAINS 8
#define STEPS 8

// Every thread does CHAINS * STEPS multiply-adds a round, in CHAINS independent chains.
extern "C" __global__ void limit_fma(LimitFmaArgs a) {
  int thread = blockIdx.x * blockDim.x + threadIdx.x;
  float x[CHAINS];
#pragma unroll
  for (int c = 0; c < CHAINS; c++) {
    x[c] = c;
  }
  for (int round = 0; round < a.rounds; round++) {
#pragma unroll
    for (int step = 0; step < STEPS; step++) {
#pragma unroll
      for (int c = 0; c < CHAINS; c++) {
        x[c] = fmaf(x[c], a.factor, a.term);
      }
    }
  }
  float sum = 0;
#pragma unroll
  for (int c = 0; c < CHAINS; c++) {
    sum += x[c];
  }
  a.out[thread] = sum;
}
