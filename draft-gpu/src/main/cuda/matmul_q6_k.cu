// Products with weights of type Q6_K, for up to 1, 2, 4, 8 and 16 tokens at a time.
#include "matmul.cuh"

extern "C" __global__ void matmul_q6_k_1(MatmulArgs a) { matmul<Q6_K, 1>(a); }
extern "C" __global__ void matmul_q6_k_2(MatmulArgs a) { matmul<Q6_K, 2>(a); }
extern "C" __global__ void matmul_q6_k_4(MatmulArgs a) { matmul<Q6_K, 4>(a); }
extern "C" __global__ void matmul_q6_k_8(MatmulArgs a) { matmul<Q6_K, 8>(a); }
extern "C" __global__ void matmul_q6_k_16(MatmulArgs a) { matmul<Q6_K, 16>(a); }
