// Products with weights of type Q8_0, for up to 1, 2, 4, 8 and 16 tokens at a time.
#include "matmul.cuh"

MATMUL_KERNELS(matmul_q8_0, Q8_0)
