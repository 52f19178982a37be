// out[i] = table[ids[i]], for each type of weights.
#include "weights.cuh"

struct EmbedArgs {
  Planes table;    // [tokens][units of a row]
  const int* ids;  // [n]
  float* out;      // [n][out_stride]
  int width;
  int out_stride;
};

// Block (i, c), a thread a unit: row i from c blocks of units on.
template <class Type>
__device__ __forceinline__ void embed(const EmbedArgs& a) {
  int units = (a.width + 7) / 8;
  int unit = blockIdx.y * blockDim.x + threadIdx.x;
  if (unit < units) {
    float w[8];
    Type::load(a.table, (u64)a.ids[blockIdx.x] * units + unit, w);
    float* out = a.out + (u64)blockIdx.x * a.out_stride;
    for (int i = 0; i < 8; i++) {
      if (8 * unit + i < a.width) {
        out[8 * unit + i] = w[i];
      }
    }
  }
}

extern "C" __global__ void embed_q4_0(EmbedArgs a) { embed<Q4_0>(a); }
extern "C" __global__ void embed_q4_1(EmbedArgs a) { embed<Q4_1>(a); }
extern "C" __global__ void embed_q8_0(EmbedArgs a) { embed<Q8_0>(a); }
extern "C" __global__ void embed_q4_k(EmbedArgs a) { embed<Q4_K>(a); }
extern "C" __global__ void embed_q6_k(EmbedArgs a) { embed<Q6_K>(a); }
extern "C" __global__ void embed_f16(EmbedArgs a) { embed<F16>(a); }
extern "C" __global__ void embed_f32(EmbedArgs a) { embed<F32>(a); }
