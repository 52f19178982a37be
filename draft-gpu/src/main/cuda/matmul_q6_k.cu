// Products with weights of type Q6_K, for up to 1, 2, 4, 8 and 16 tokens at a time.
#include "matmul.cuh"

MATMUL_KERNELS(matmul_q6_k, Q6_K)
