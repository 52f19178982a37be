// What the shim promises, for its own test.
#include "common.cuh"

struct WordsArgs {
  const float* in;
  float* out;
  int n;
};

// Reverses each block's numbers through dynamic shared memory; in and out are [blocks][blockDim.x].
extern "C" __global__ void reverse(WordsArgs a) {
  extern __shared__ float tile[];
  int at = blockIdx.x * blockDim.x;
  tile[threadIdx.x] = a.in[at + threadIdx.x];
  __syncthreads();
  a.out[at + threadIdx.x] = tile[blockDim.x - 1 - threadIdx.x];
}

// The same without its barrier: wrong, and to be seen as wrong.
extern "C" __global__ void reverse_unsafe(WordsArgs a) {
  extern __shared__ float tile[];
  int at = blockIdx.x * blockDim.x;
  tile[threadIdx.x] = a.in[at + threadIdx.x];
  a.out[at + threadIdx.x] = tile[blockDim.x - 1 - threadIdx.x];
}

// out[0..3][lane]: each kind of shuffle of in[lane], in groups of eight; one warp.
extern "C" __global__ void shuffles(WordsArgs a) {
  float v = a.in[threadIdx.x];
  a.out[threadIdx.x] = __shfl_xor_sync(ALL_LANES, v, 3, 8);
  a.out[threadIdx.x + 32] = __shfl_sync(ALL_LANES, v, 5, 8);
  a.out[threadIdx.x + 64] = __shfl_down_sync(ALL_LANES, v, 3, 8);
  a.out[threadIdx.x + 96] = __shfl_up_sync(ALL_LANES, v, 3, 8);
}

// The halves of a warp sum on their own, then the whole: out[lane] = sum of its half + 1000 * sum of all.
extern "C" __global__ void halves(WordsArgs a) {
  float v = a.in[threadIdx.x];
  float sum = v;
  if (threadIdx.x < 16) {
    for (int step = 8; step > 0; step /= 2) {
      sum += __shfl_xor_sync(0x0000ffffu, sum, step);
    }
  } else {
    for (int step = 8; step > 0; step /= 2) {
      sum += __shfl_xor_sync(0xffff0000u, sum, step);
    }
  }
  a.out[threadIdx.x] = sum + 1000 * warp_sum(v);
}

// Counts, over all blocks, numbers that are above zero; out[0] is an int. out[1] gets the most of any thread.
extern "C" __global__ void __launch_bounds__(128) count(WordsArgs a) {
  __shared__ int found;
  if (threadIdx.x == 0) {
    found = 0;
  }
  __syncthreads();
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < a.n && a.in[i] > 0) {
    atomicAdd(&found, 1);
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    atomicAdd((int*)a.out, found);
    atomicMax((int*)a.out + 1, found);
  }
}

// Every second thread waits for the block, the others, the first among them, do not.
extern "C" __global__ void half_barrier(WordsArgs a) {
  if (threadIdx.x % 2 == 1) {
    __syncthreads();
  }
  a.out[threadIdx.x] = 1;
}

// Two warps at two different barriers.
extern "C" __global__ void two_barriers(WordsArgs a) {
  if (threadIdx.x < WARP) {
    __syncthreads();
  } else {
    __syncthreads();
  }
  a.out[threadIdx.x % WARP] = 1;
}

// Lane 0 shuffles alone with the whole warp's mask, the others wait for the block.
extern "C" __global__ void lonely_shuffle(WordsArgs a) {
  float v = 1;
  if (threadIdx.x == 0) {
    v = __shfl_sync(ALL_LANES, v, 1);
  }
  __syncthreads();
  a.out[threadIdx.x] = v;
}

// Writes one float more than its dynamic shared memory has.
extern "C" __global__ void greedy(WordsArgs a) {
  extern __shared__ float tile[];
  tile[threadIdx.x + 1] = a.in[threadIdx.x];
}

// Writes one number past the n of its output.
extern "C" __global__ void overrun(WordsArgs a) {
  for (int i = threadIdx.x; i <= a.n; i += blockDim.x) {
    a.out[i] = 1;
  }
}

// out[i] = what shared memory held at the start.
extern "C" __global__ void unwritten(WordsArgs a) {
  __shared__ float tile[WARP];
  a.out[blockIdx.x * WARP + threadIdx.x] = tile[threadIdx.x];
  __syncthreads();
  tile[threadIdx.x] = 7;
}

// out[0..2][lane]: votes of a warp on in[lane] > 0, whose last lane has returned; out[3][lane]: what that lane gives.
extern "C" __global__ void votes(WordsArgs a) {
  float v = __shfl_sync(ALL_LANES, a.in[threadIdx.x], threadIdx.x);
  if (threadIdx.x == 31) {
    return;
  }
  a.out[threadIdx.x + 96] = __shfl_sync(ALL_LANES, v, 31);
  bool positive = a.in[threadIdx.x] > 0;
  ((u32*)a.out)[threadIdx.x] = __ballot_sync(ALL_LANES, positive);
  ((u32*)a.out)[threadIdx.x + 32] = __any_sync(ALL_LANES, positive);
  ((u32*)a.out)[threadIdx.x + 64] = __all_sync(ALL_LANES, positive);
}
