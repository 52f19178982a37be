// Products with weights of type Q4_1, for up to 1, 2, 4, 8 and 16 tokens at a time.
#include "matmul.cuh"

MATMUL_KERNELS(matmul_q4_1, Q4_1)
