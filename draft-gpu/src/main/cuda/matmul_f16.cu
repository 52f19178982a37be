// Products with weights of type F16, for up to 1, 2, 4, 8 and 16 tokens at a time.
#include "matmul.cuh"

MATMUL_KERNELS(matmul_f16, F16)
