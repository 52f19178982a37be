// Products with weights of type Q4_1, for up to 1, 2, 4, 8 and 16 tokens at a time.
#include "matmul.cuh"

extern "C" __global__ void matmul_q4_1_1(MatmulArgs a) { matmul<Q4_1, 1>(a); }
extern "C" __global__ void matmul_q4_1_2(MatmulArgs a) { matmul<Q4_1, 2>(a); }
extern "C" __global__ void matmul_q4_1_4(MatmulArgs a) { matmul<Q4_1, 4>(a); }
extern "C" __global__ void matmul_q4_1_8(MatmulArgs a) { matmul<Q4_1, 8>(a); }
extern "C" __global__ void matmul_q4_1_16(MatmulArgs a) { matmul<Q4_1, 16>(a); }
