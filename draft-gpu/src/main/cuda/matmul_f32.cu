// Products with weights of type F32, for up to 1, 2, 4, 8 and 16 tokens at a time.
#include "matmul.cuh"

extern "C" __global__ void matmul_f32_1(MatmulArgs a) { matmul<F32, 1>(a); }
extern "C" __global__ void matmul_f32_2(MatmulArgs a) { matmul<F32, 2>(a); }
extern "C" __global__ void matmul_f32_4(MatmulArgs a) { matmul<F32, 4>(a); }
extern "C" __global__ void matmul_f32_8(MatmulArgs a) { matmul<F32, 8>(a); }
extern "C" __global__ void matmul_f32_16(MatmulArgs a) { matmul<F32, 16>(a); }
