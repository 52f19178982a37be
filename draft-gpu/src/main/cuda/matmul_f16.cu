// Products with weights of type F16, for up to 1, 2, 4, 8 and 16 tokens at a time.
#include "matmul.cuh"

extern "C" __global__ void matmul_f16_1(MatmulArgs a) { matmul<F16, 1>(a); }
extern "C" __global__ void matmul_f16_2(MatmulArgs a) { matmul<F16, 2>(a); }
extern "C" __global__ void matmul_f16_4(MatmulArgs a) { matmul<F16, 4>(a); }
extern "C" __global__ void matmul_f16_8(MatmulArgs a) { matmul<F16, 8>(a); }
extern "C" __global__ void matmul_f16_16(MatmulArgs a) { matmul<F16, 16>(a); }
