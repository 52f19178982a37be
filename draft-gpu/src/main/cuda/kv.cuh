// The cache of keys and values: pages of PAGE positions, each with the keys and the values of every layer, so that
// memory is taken as a sequence grows. A pending node's slot lies behind those of the committed tokens.
#pragma once
#include "common.cuh"

#define PAGE 256

struct KvPages {
  const u64* pages;  // [pages]: addresses
  int width;         // numbers of a position: kv heads * head dim
};

// Where the keys of a slot lie, or its values (`plane` is 2 * layer, or 2 * layer + 1).
template <class Number>
__device__ __forceinline__ Number* kv_row(const KvPages& kv, int plane, int slot) {
  return (Number*)kv.pages[slot / PAGE] + ((u64)plane * PAGE + slot % PAGE) * kv.width;
}

// f16 numbers, with a type of their own so that templates can tell them from integers.
struct Half {
  u16 bits;
};

__device__ __forceinline__ float widen(float v) {
  return v;
}

__device__ __forceinline__ float widen(Half h) {
  return half_to_float(h.bits);
}

__device__ __forceinline__ void store(float* to, float v) {
  *to = v;
}

// Rounds to the nearest f16, ties to even; what is beyond its range to the largest.
__device__ __forceinline__ void store(Half* to, float v) {
  u32 bits = __float_as_uint(v);
  u32 sign = bits >> 16 & 0x8000;
  bits &= 0x7fffffff;
  u32 half;
  if (bits > 0x7f800000) {
    half = 0x7e00;
  } else if (bits >= 0x477fe000) {
    half = 0x7bff;
  } else if (bits < 0x38800000) {
    // A subnormal f16 is a multiple of 2^-24, the last place of a float between 0.5 and 1.
    half = __float_as_uint(__uint_as_float(bits) + 0.5f) - 0x3f000000;
  } else {
    half = (bits + 0xfff + (bits >> 13 & 1) - 0x38000000) >> 13;
  }
  to->bits = (u16)(sign | half);
}
