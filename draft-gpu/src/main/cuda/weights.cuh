// Weights as they lie in the GPU's memory: in units of eight columns, a row's behind each other, the fields of all units
// in planes of their own, so that the lanes of a warp read neighbouring words. A type takes as many bytes as in its file.
#pragma once
#include "common.cuh"

struct Planes {
  const u8* p[4];
};

// The three kinds of a nibble's eight: unit u's is word u of plane 0, column 8u + i in bits 4i to 4i + 3.
__device__ __forceinline__ u32 nibbles(const Planes& w, u64 unit) {
  return ((const u32*)w.p[0])[unit];
}

// d * (q - 8); plane 1: d of each 32 columns, f16.
struct Q4_0 {
  static __device__ __forceinline__ void load(const Planes& w, u64 unit, float* out) {
    u32 q = nibbles(w, unit);
    float d = half_to_float(((const u16*)w.p[1])[unit / 4]);
    for (int i = 0; i < 8; i++) {
      out[i] = d * ((int)(q >> 4 * i & 15) - 8);
    }
  }
};

// d * q + m; plane 1: d and m of each 32 columns, two f16.
struct Q4_1 {
  static __device__ __forceinline__ void load(const Planes& w, u64 unit, float* out) {
    u32 q = nibbles(w, unit);
    u32 scales = ((const u32*)w.p[1])[unit / 4];
    float d = half_to_float((u16)scales);
    float m = half_to_float((u16)(scales >> 16));
    for (int i = 0; i < 8; i++) {
      out[i] = fmaf(d, (float)(q >> 4 * i & 15), m);
    }
  }
};

// d * q; plane 0: eight bytes a unit; plane 1: d of each 32 columns, f16.
struct Q8_0 {
  static __device__ __forceinline__ void load(const Planes& w, u64 unit, float* out) {
    uint2 q = ((const uint2*)w.p[0])[unit];
    float d = half_to_float(((const u16*)w.p[1])[unit / 4]);
    for (int i = 0; i < 4; i++) {
      out[i] = d * (i8)(q.x >> 8 * i);
      out[4 + i] = d * (i8)(q.y >> 8 * i);
    }
  }
};

// d * s * q - e * m; plane 1: s and m, 6 bits each, of the eight 32 columns of 256, 12 bytes; plane 2: d and e of each
// 256 columns, two f16.
struct Q4_K {
  static __device__ __forceinline__ void load(const Planes& w, u64 unit, float* out) {
    u32 q = nibbles(w, unit);
    u64 block = unit / 32;
    int group = unit / 4 % 8;
    const u8* six = w.p[1] + 12 * block;
    int s, m;
    if (group < 4) {
      s = six[group] & 63;
      m = six[group + 4] & 63;
    } else {
      s = (six[group + 4] & 15) | six[group - 4] >> 6 << 4;
      m = six[group + 4] >> 4 | six[group] >> 6 << 4;
    }
    u32 both = ((const u32*)w.p[2])[block];
    float d = half_to_float((u16)both) * s;
    float e = half_to_float((u16)(both >> 16)) * m;
    for (int i = 0; i < 8; i++) {
      out[i] = fmaf(d, (float)(q >> 4 * i & 15), -e);
    }
  }
};

// d * s * (q - 32); plane 1: the upper 2 bits of a unit's eight, column 8u + i in bits 2i and 2i + 1; plane 2: s of each
// 16 columns, a signed byte; plane 3: d of each 256 columns, f16.
struct Q6_K {
  static __device__ __forceinline__ void load(const Planes& w, u64 unit, float* out) {
    u32 low = nibbles(w, unit);
    u32 high = ((const u16*)w.p[1])[unit];
    float d = half_to_float(((const u16*)w.p[3])[unit / 32]) * ((const i8*)w.p[2])[unit / 2];
    for (int i = 0; i < 8; i++) {
      int q = (int)(low >> 4 * i & 15 | (high >> 2 * i & 3) << 4);
      out[i] = d * (q - 32);
    }
  }
};

struct F16 {
  static __device__ __forceinline__ void load(const Planes& w, u64 unit, float* out) {
    uint4 h = ((const uint4*)w.p[0])[unit];
    u32 words[4] = {h.x, h.y, h.z, h.w};
    for (int i = 0; i < 4; i++) {
      out[2 * i] = half_to_float((u16)words[i]);
      out[2 * i + 1] = half_to_float((u16)(words[i] >> 16));
    }
  }
};

struct F32 {
  static __device__ __forceinline__ void load(const Planes& w, u64 unit, float* out) {
    const float4* words = (const float4*)w.p[0] + 2 * unit;
    float4 a = words[0];
    float4 b = words[1];
    out[0] = a.x, out[1] = a.y, out[2] = a.z, out[3] = a.w;
    out[4] = b.x, out[5] = b.y, out[6] = b.z, out[7] = b.w;
  }
};
