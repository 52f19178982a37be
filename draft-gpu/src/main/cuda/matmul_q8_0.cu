// Products with weights of type Q8_0, for up to 1, 2, 4, 8 and 16 tokens at a time.
#include "matmul.cuh"

extern "C" __global__ void matmul_q8_0_1(MatmulArgs a) { matmul<Q8_0, 1>(a); }
extern "C" __global__ void matmul_q8_0_2(MatmulArgs a) { matmul<Q8_0, 2>(a); }
extern "C" __global__ void matmul_q8_0_4(MatmulArgs a) { matmul<Q8_0, 4>(a); }
extern "C" __global__ void matmul_q8_0_8(MatmulArgs a) { matmul<Q8_0, 8>(a); }
extern "C" __global__ void matmul_q8_0_16(MatmulArgs a) { matmul<Q8_0, 16>(a); }
