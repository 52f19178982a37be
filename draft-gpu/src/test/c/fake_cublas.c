// A libcublas.so.12 for tests, beside fake_cuda.c: one kind of product, by plain loops, at once. It checks what it is
// handed: the handle, the stream's tag, the workspace, and that the numbers before and after the product can be read.
#include <stdint.h>
#include <stdlib.h>

enum { OK = 0, NOT_INITIALIZED = 1, INVALID_VALUE = 7 };
enum { STREAM = 0x57, HANDLE = 0xb1a5 };
enum { N = 0, T = 1 };

struct handle { int tag; void* stream; void* workspace; };

#define API __attribute__((visibility("default"))) int

API cublasCreate_v2(struct handle** h) {
  *h = calloc(1, sizeof(struct handle));
  (*h)->tag = HANDLE;
  return OK;
}

API cublasDestroy_v2(struct handle* h) {
  if (!h || h->tag != HANDLE) return NOT_INITIALIZED;
  free(h);
  return OK;
}

API cublasSetStream_v2(struct handle* h, void* stream) {
  h->stream = stream;
  return *(int*)stream == STREAM ? OK : INVALID_VALUE;
}

API cublasSetWorkspace_v2(struct handle* h, void* workspace, size_t bytes) {
  h->workspace = workspace;
  return (uintptr_t)workspace % 256 == 0 && bytes == 512 ? OK : INVALID_VALUE;
}

// c[m, n] = alpha op(a) op(b) + beta c, each column behind the other.
API cublasSgemm_v2(struct handle* h, int op_a, int op_b, int m, int n, int k, const float* alpha, const float* a, int lda,
                   const float* b, int ldb, const float* beta, float* c, int ldc) {
  if (!h || h->tag != HANDLE || !h->stream || !h->workspace) return NOT_INITIALIZED;
  if (op_a != T || op_b != N || lda < k || ldb < k || ldc < m) return INVALID_VALUE;
  for (int j = 0; j < n; j++) {
    for (int i = 0; i < m; i++) {
      float sum = 0;
      for (int l = 0; l < k; l++) sum += a[(size_t)i * lda + l] * b[(size_t)j * ldb + l];
      float* out = c + (size_t)j * ldc + i;
      *out = *alpha * sum + (*beta == 0 ? 0 : *beta * *out);
    }
  }
  return OK;
}
