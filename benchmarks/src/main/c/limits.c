// What this machine gives C: memory read bandwidth and f32 multiply-adds, by as many threads as asked for; the best of
// twelve runs each. For comparison with the limits that `dovetail bench cost` prints.
//
//   cc -O3 -march=native -pthread limits.c -o limits && GLIBC_TUNABLES=glibc.malloc.hugetlb=1 ./limits 2

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BYTES (512L << 20)
#define RUNS 12
#define CHAINS 10
#define STEPS 1600000L
#define MOST_THREADS 256

#ifdef __AVX512F__
#define LANES 16
#else
#define LANES 8
#endif

typedef int32_t ints __attribute__((vector_size(4 * LANES)));
typedef float floats __attribute__((vector_size(4 * LANES)));

static int threads;
static char *memory;
static volatile double seen;
static pthread_barrier_t barrier;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

static void read_all(long from, long to) {
  ints a = {0}, b = {0}, c = {0}, d = {0};
  for (long at = from; at < to; at += 4 * sizeof(ints)) {
    const ints *p = (const ints *) (memory + at);
    a += p[0];
    b += p[1];
    c += p[2];
    d += p[3];
  }
  a += b + c + d;
  for (int i = 0; i < LANES; i++) seen += a[i];
}

static void multiply_add(void) {
  floats sums[CHAINS], half, one;
  for (int i = 0; i < LANES; i++) half[i] = 0.5f, one[i] = 1;
  for (int i = 0; i < CHAINS; i++) sums[i] = one * (float) i;
  for (long step = 0; step < STEPS; step++) {
    for (int i = 0; i < CHAINS; i++) sums[i] = sums[i] * half + one;
  }
  for (int i = 0; i < CHAINS; i++) seen += sums[i][0];
}

static void *work(void *index) {
  long i = (long) index;
  long share = BYTES / threads / 4096 * 4096;
  memset(memory + i * share, 1 + (int) i, share);
  double best[2] = {1e9, 1e9};
  for (int run = 0; run < 2 * RUNS; run++) {
    pthread_barrier_wait(&barrier);
    double start = now();
    if (run % 2 == 0) read_all(i * share, (i + 1) * share);
    else multiply_add();
    pthread_barrier_wait(&barrier);
    double seconds = now() - start;
    if (seconds < best[run % 2]) best[run % 2] = seconds;
  }
  if (i == 0) {
    printf("read %.1f GB/s, FMA %.1f GMAC/s, %d threads, %d lanes\n", share * threads / best[0] / 1e9,
           (double) STEPS * CHAINS * LANES * threads / best[1] / 1e9, threads, LANES);
  }
  return NULL;
}

int main(int argc, char **argv) {
  threads = argc > 1 ? atoi(argv[1]) : 2;
  if (threads < 1 || threads > MOST_THREADS) {
    fprintf(stderr, "usage: limits [THREADS], 1 to %d\n", MOST_THREADS);
    return 2;
  }
  memory = aligned_alloc(2L << 20, BYTES);
  if (memory == NULL) {
    fprintf(stderr, "limits: %ld MiB of memory are wanted\n", BYTES >> 20);
    return 1;
  }
  pthread_barrier_init(&barrier, NULL, threads);
  pthread_t others[MOST_THREADS];
  for (long i = 1; i < threads; i++) pthread_create(&others[i], NULL, work, (void *) i);
  work((void *) 0);
  for (int i = 1; i < threads; i++) pthread_join(others[i], NULL);
  return 0;
}
