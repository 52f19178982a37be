// The words of CUDA that the kernels use, for g++: each .cu is compiled as it is, after this file and before
// KERNEL(name, bound) for each of its kernels. A thread of a block is a fiber (fibers.cpp), so barriers and shuffles
// work as on a GPU. Nothing is included, lest a kernel's name meet a function's of the C library.
#pragma once

struct uint3 {
  unsigned x, y, z;
};
typedef uint3 dim3;

enum HostState : unsigned char { HOST_READY, HOST_AT_EXCHANGE, HOST_AT_BARRIER, HOST_DONE };
enum HostOperation : unsigned char { HOST_SYNCWARP, HOST_SHUFFLE, HOST_BALLOT };

struct HostPlace {
  const char* file;
  int line;

  // As a default argument: the place of the call.
  static constexpr HostPlace here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return {file, line};
  }
};

// A thread of a block: a fiber, and what it waits with.
struct alignas(64) HostThread {
  void* context;  // its stack pointer while it does not run; a ucontext_t where there is no switch of our own
  HostThread* next;  // runs when this one waits
  unsigned long long value;  // what it passed, and after that what it received
  HostPlace place;
  unsigned mask;
  int from;
  HostState state;
  HostOperation op;
  uint3 index;
};

// Of the block that runs now. Blocks run one after another, on one thread of the system at a time.
extern HostThread* host_thread;
extern uint3 host_block;
extern dim3 host_block_dim;
extern dim3 host_grid_dim;

#if defined(__x86_64__) && !defined(HOST_UCONTEXT)
// In line, so that the compiler keeps only what it still needs, and so that the processor foresees the jump: all lanes
// of a warp come here one after another. Below the stack pointer are 128 bytes that the function may be using.
static inline __attribute__((always_inline)) void host_switch(HostThread* from, HostThread* to) {
  asm volatile(
      "lea -128(%%rsp), %%rsp\n\t"
      "push %%rbp\n\t"
      "lea 1f(%%rip), %%rax\n\t"
      "push %%rax\n\t"
      "mov %%rsp, (%%rdi)\n\t"
      "mov (%%rsi), %%rsp\n\t"
      "pop %%rax\n\t"
      "jmp *%%rax\n"
      "1:\n\t"
      "pop %%rbp\n\t"
      "lea 128(%%rsp), %%rsp"
      : "+D"(from), "+S"(to)
      :
      : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "xmm0", "xmm1", "xmm2",
        "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15",
        "memory", "cc");
}
#else
void host_switch(HostThread* from, HostThread* to);
#endif

static inline __attribute__((always_inline)) void host_wait(HostThread* self) {
  HostThread* next = self->next;
  host_thread = next;
  host_switch(self, next);
}

static inline void host_syncthreads(HostPlace place) {
  HostThread* self = host_thread;
  self->state = HOST_AT_BARRIER;
  self->place = place;
  host_wait(self);
}

// Waits for all lanes of the mask, and returns what the lane `from` passed.
static inline unsigned long long host_exchange(HostOperation op, unsigned mask, unsigned long long value, int from,
                                               HostPlace place) {
  HostThread* self = host_thread;
  self->state = HOST_AT_EXCHANGE;
  self->op = op;
  self->mask = mask;
  self->value = value;
  self->from = from;
  self->place = place;
  host_wait(self);
  return self->value;
}

extern "C" __attribute__((visibility("default"))) int host_launch(
    void (*kernel)(const void*), const char* name, int max_threads, int grid_x, int grid_y, int threads,
    int shared_bytes, const void* arguments, unsigned long long seed, char* message, int message_bytes);

template <class A>
struct HostKernel {
  static constexpr long size = sizeof(A);
  template <void (*kernel)(A)>
  static void call(const void* arguments) {
    kernel(*(const A*)arguments);
  }
};
template <class A>
HostKernel<A> host_kernel(void (*)(A));

// What the test device looks up: the size of a kernel's struct, and the call. `...` is its launch bound, 1024 if none.
#define KERNEL(name, ...)                                                                                        \
  extern "C" __attribute__((visibility("default"))) long host_size_##name() {                                    \
    return decltype(host_kernel(name))::size;                                                                    \
  }                                                                                                              \
  extern "C" __attribute__((visibility("default"))) int host_launch_##name(                                      \
      int grid_x, int grid_y, int threads, int shared_bytes, const void* arguments, unsigned long long seed,     \
      char* message, int message_bytes) {                                                                        \
    constexpr int bounds[] = {__VA_ARGS__};                                                                      \
    return host_launch(decltype(host_kernel(name))::call<name>, #name, bounds[0], grid_x, grid_y, threads,       \
                       shared_bytes, arguments, seed, message, message_bytes);                                   \
  }

#define __global__
#define __device__
#define __host__
#define __constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(n) alignas(n)
// In a function it is static by itself, and it may follow `extern`; and the memory is found by asking for this thread's
// storage, so that it can be poisoned before each block.
#define __shared__ thread_local

#define threadIdx (host_thread->index)
#define blockIdx host_block
#define blockDim host_block_dim
#define gridDim host_grid_dim
#define warpSize 32

#define HOST_VECTORS(T, name)                                       \
  struct alignas(2 * sizeof(T)) name##2 { T x, y; };                \
  struct name##3 { T x, y, z; };                                    \
  struct alignas(4 * sizeof(T)) name##4 { T x, y, z, w; };          \
  static inline name##2 make_##name##2(T x, T y) { return {x, y}; } \
  static inline name##4 make_##name##4(T x, T y, T z, T w) { return {x, y, z, w}; }
HOST_VECTORS(float, float)
HOST_VECTORS(int, int)
HOST_VECTORS(short, short)
HOST_VECTORS(unsigned short, ushort)
HOST_VECTORS(signed char, char)
HOST_VECTORS(unsigned char, uchar)
struct alignas(8) uint2 {
  unsigned x, y;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
static inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
static inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

static inline void __syncthreads(HostPlace place = HostPlace::here()) { host_syncthreads(place); }

static inline void __syncwarp(unsigned mask = 0xffffffffu, HostPlace place = HostPlace::here()) {
  host_exchange(HOST_SYNCWARP, mask, 0, host_thread->index.x % 32, place);
}

template <class T>
static inline T host_shuffle(unsigned mask, T value, int from, HostPlace place) {
  static_assert(sizeof(T) <= 8, "a shuffle moves up to eight bytes");
  unsigned long long bits = 0;
  __builtin_memcpy(&bits, &value, sizeof(T));
  bits = host_exchange(HOST_SHUFFLE, mask, bits, from, place);
  __builtin_memcpy(&value, &bits, sizeof(T));
  return value;
}

// Lanes form groups of `width`; a lane whose source would lie outside its group keeps its own value.
template <class T>
static inline T __shfl_sync(unsigned mask, T value, int source, int width = 32, HostPlace place = HostPlace::here()) {
  int lane = host_thread->index.x % 32;
  return host_shuffle(mask, value, (lane & -width) + (source & (width - 1)), place);
}
template <class T>
static inline T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32, HostPlace place = HostPlace::here()) {
  int lane = host_thread->index.x % 32;
  int from = lane ^ bits;
  return host_shuffle(mask, value, (from & -width) <= (lane & -width) ? from : lane, place);
}
template <class T>
static inline T __shfl_down_sync(unsigned mask, T value, unsigned step, int width = 32, HostPlace place = HostPlace::here()) {
  int lane = host_thread->index.x % 32;
  return host_shuffle(mask, value, (lane & (width - 1)) + (int)step < width ? lane + (int)step : lane, place);
}
template <class T>
static inline T __shfl_up_sync(unsigned mask, T value, unsigned step, int width = 32, HostPlace place = HostPlace::here()) {
  int lane = host_thread->index.x % 32;
  return host_shuffle(mask, value, (lane & (width - 1)) >= (int)step ? lane - (int)step : lane, place);
}
static inline unsigned __ballot_sync(unsigned mask, int predicate, HostPlace place = HostPlace::here()) {
  return host_exchange(HOST_BALLOT, mask, predicate != 0, host_thread->index.x % 32, place);
}
static inline int __any_sync(unsigned mask, int predicate, HostPlace place = HostPlace::here()) {
  return __ballot_sync(mask, predicate, place) != 0;
}
static inline int __all_sync(unsigned mask, int predicate, HostPlace place = HostPlace::here()) {
  return __ballot_sync(mask, !predicate, place) == 0;
}

// Fibers change places only where they wait, so these are atomic as they stand.
template <class T>
static inline T atomicAdd(T* to, T value) {
  T old = *to;
  *to = old + value;
  return old;
}
template <class T>
static inline T atomicMax(T* to, T value) {
  T old = *to;
  *to = old < value ? value : old;
  return old;
}
template <class T>
static inline T atomicMin(T* to, T value) {
  T old = *to;
  *to = value < old ? value : old;
  return old;
}
template <class T>
static inline T atomicExch(T* to, T value) {
  T old = *to;
  *to = value;
  return old;
}
template <class T>
static inline T atomicCAS(T* to, T expected, T value) {
  T old = *to;
  if (old == expected) {
    *to = value;
  }
  return old;
}
template <class T>
static inline T atomicOr(T* to, T value) {
  T old = *to;
  *to = old | value;
  return old;
}
static inline void __threadfence() {}
static inline void __threadfence_block() {}

template <class T>
static inline T __ldg(const T* from) {
  return *from;
}

static inline float __uint_as_float(unsigned v) { return __builtin_bit_cast(float, v); }
static inline float __int_as_float(int v) { return __builtin_bit_cast(float, v); }
static inline unsigned __float_as_uint(float v) { return __builtin_bit_cast(unsigned, v); }
static inline int __float_as_int(float v) { return __builtin_bit_cast(int, v); }
static inline int __popc(unsigned v) { return __builtin_popcount(v); }
static inline int __clz(int v) { return v == 0 ? 32 : __builtin_clz(v); }
static inline int __ffs(int v) { return __builtin_ffs(v); }

extern "C" {
static inline float fmaf(float a, float b, float c) noexcept { return __builtin_fmaf(a, b, c); }
static inline float fmaxf(float a, float b) noexcept { return __builtin_fmaxf(a, b); }
static inline float fminf(float a, float b) noexcept { return __builtin_fminf(a, b); }
static inline float fabsf(float v) noexcept { return __builtin_fabsf(v); }
static inline float sqrtf(float v) noexcept { return __builtin_sqrtf(v); }
static inline float floorf(float v) noexcept { return __builtin_floorf(v); }
static inline float ceilf(float v) noexcept { return __builtin_ceilf(v); }
static inline float rintf(float v) noexcept { return __builtin_rintf(v); }
float expf(float) noexcept;
float exp2f(float) noexcept;
float logf(float) noexcept;
float log1pf(float) noexcept;
float log2f(float) noexcept;
float tanhf(float) noexcept;
float ldexpf(float, int) noexcept;
float powf(float, float) noexcept;
float sinf(float) noexcept;
float cosf(float) noexcept;
}
static inline float rsqrtf(float v) { return 1 / __builtin_sqrtf(v); }
static inline float __fmul_rn(float a, float b) { return a * b; }
static inline float __fadd_rn(float a, float b) { return a + b; }
static inline float __fmaf_rn(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
static inline float __fdiv_rn(float a, float b) { return a / b; }
static inline float __fsqrt_rn(float v) { return __builtin_sqrtf(v); }
static inline int __float2int_rn(float v) { return (int)__builtin_rintf(v); }

#define HOST_MIN_MAX(R, A, B)                                                     \
  static inline R min(A a, B b) { return (R)a < (R)b ? (R)a : (R)b; }             \
  static inline R max(A a, B b) { return (R)a > (R)b ? (R)a : (R)b; }
HOST_MIN_MAX(int, int, int)
HOST_MIN_MAX(unsigned, unsigned, unsigned)
HOST_MIN_MAX(unsigned, unsigned, int)
HOST_MIN_MAX(unsigned, int, unsigned)
HOST_MIN_MAX(long, long, long)
HOST_MIN_MAX(unsigned long, unsigned long, unsigned long)
HOST_MIN_MAX(long long, long long, long long)
HOST_MIN_MAX(unsigned long long, unsigned long long, unsigned long long)
static inline float min(float a, float b) { return __builtin_fminf(a, b); }
static inline float max(float a, float b) { return __builtin_fmaxf(a, b); }
static inline int abs(int v) { return v < 0 ? -v : v; }
