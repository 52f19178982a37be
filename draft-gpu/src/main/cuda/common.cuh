// What all kernels share. Nothing is included: the run-time compiler has no standard headers, and the host build of
// the tests (src/test/cuda) defines the few words of CUDA that are used here.
//
// Every kernel takes one struct by value, pointers first, which one Java class writes. Sums run in an order that
// depends on the width of a row alone, never on the number of tokens: a result is the same in whichever pass it is
// computed.
#pragma once

#define WARP 32
#define ALL_LANES 0xffffffffu

// Minus infinity.
#define LOWEST __uint_as_float(0xff800000u)

typedef unsigned char u8;
typedef signed char i8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

// The sum over a warp, the same in every lane.
__device__ __forceinline__ float warp_sum(float v) {
  for (int step = WARP / 2; step > 0; step /= 2) {
    v += __shfl_xor_sync(ALL_LANES, v, step);
  }
  return v;
}

__device__ __forceinline__ float warp_max(float v) {
  for (int step = WARP / 2; step > 0; step /= 2) {
    v = fmaxf(v, __shfl_xor_sync(ALL_LANES, v, step));
  }
  return v;
}

// The sum over a block of at most 1024 threads, the same in every thread. `room` is shared memory for a float a warp;
// it may be used again after the next __syncthreads().
__device__ __forceinline__ float block_sum(float v, float* room) {
  v = warp_sum(v);
  if (threadIdx.x % WARP == 0) {
    room[threadIdx.x / WARP] = v;
  }
  __syncthreads();
  float sum = 0;
  for (u32 i = 0; i < blockDim.x / WARP; i++) {
    sum += room[i];
  }
  return sum;
}

// An f16 as f32, exactly, subnormals and infinities included.
__device__ __forceinline__ float half_to_float(u16 h) {
  u32 rest = (u32)(h & 0x7fff) << 13;
  float magnitude = rest >= 0x0f800000u ? __uint_as_float(rest | 0x7f800000u) : __uint_as_float(rest) * 0x1p112f;
  return __uint_as_float(__float_as_uint(magnitude) | (u32)(h & 0x8000) << 16);
}
