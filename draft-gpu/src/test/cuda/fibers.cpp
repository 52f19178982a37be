// Runs the blocks of a grid one after another, and the threads of a block as fibers: each has a stack of its own and
// goes on until it waits at a barrier or a shuffle. Lanes, warps and blocks take turns in an order drawn from a seed, so
// that code which needs a barrier it does not have is likely to see what has not been written yet. Shared memory is
// filled with NaN bits before each block for the same reason.
//
// Where threads wait for each other in a way that would hang on a GPU, or that CUDA leaves undefined, the launch ends
// with a message.
#include "host.hpp"

#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#if !defined(__x86_64__) && !defined(HOST_UCONTEXT)
#define HOST_UCONTEXT
#endif
#ifdef HOST_UCONTEXT
#include <ucontext.h>
#endif

HostThread* host_thread;
uint3 host_block;
dim3 host_block_dim;
dim3 host_grid_dim;

namespace {

constexpr int WARP_LANES = 32;
constexpr int MAX_THREADS = 1024;
constexpr int MAX_SHARED = 48 * 1024;
constexpr size_t STACK_BYTES = 128 * 1024;
constexpr size_t GUARD_BYTES = 64 * 1024;
constexpr int POISON = 0xff;

const char* const OPERATIONS[] = {"__syncwarp", "a shuffle", "a vote"};

pthread_mutex_t one_launch = PTHREAD_MUTEX_INITIALIZER;
char* stacks;
HostThread fibers[MAX_THREADS];
HostThread scheduler;
// How many fibers have begun, and wait at the end of their kernel for the next.
int begun;
void (*run_kernel)(const void*);
const void* kernel_arguments;
uint64_t random_state;

// What host_launch returns.
enum Result { DONE_WELL, FAILED, REFUSED };

struct Failure {
  char* message;
  int bytes;
  Result result;

  bool failed() const { return result != DONE_WELL; }

  __attribute__((format(printf, 3, 4))) void operator()(Result as, const char* format, ...) {
    va_list values;
    va_start(values, format);
    vsnprintf(message, bytes, format, values);
    va_end(values);
    result = as;
  }
};

uint32_t draw() {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (uint32_t)(random_state >> 16);
}

void draw_order(int* to, int n) {
  for (int i = 0; i < n; i++) {
    int j = draw() % (i + 1);
    to[i] = to[j];
    to[j] = i;
  }
}

void fiber_main() {
  for (;;) {
    HostThread* self = host_thread;
    run_kernel(kernel_arguments);
    self->state = HOST_DONE;
    host_wait(self);
  }
}

#ifdef HOST_UCONTEXT
ucontext_t contexts[MAX_THREADS];
ucontext_t scheduler_context;

void new_context(int i, char* top) {
  scheduler.context = &scheduler_context;
  fibers[i].context = &contexts[i];
  getcontext(&contexts[i]);
  contexts[i].uc_stack.ss_sp = top - STACK_BYTES / 2;
  contexts[i].uc_stack.ss_size = STACK_BYTES / 2;
  contexts[i].uc_link = nullptr;
  makecontext(&contexts[i], fiber_main, 0);
}
#else
void new_context(int i, char* top) {
  void** sp = (void**)top;
  *--sp = nullptr;  // where a return address would be: a function begins with its stack 8 off a multiple of 16
  *--sp = (void*)fiber_main;
  fibers[i].context = sp;
}
#endif

bool operator==(const HostPlace& a, const HostPlace& b) { return a.line == b.line && strcmp(a.file, b.file) == 0; }

void describe(const HostThread& f, char* to, size_t bytes) {
  if (f.state == HOST_DONE) {
    snprintf(to, bytes, "thread %u has returned", f.index.x);
    return;
  }
  const char* slash = strrchr(f.place.file, '/');
  int end = snprintf(to, bytes, "thread %u waits in %s at %s:%d", f.index.x,
                     f.state == HOST_AT_BARRIER ? "__syncthreads" : OPERATIONS[f.op],
                     slash ? slash + 1 : f.place.file, f.place.line);
  if (f.state == HOST_AT_EXCHANGE && end >= 0 && (size_t)end < bytes) {
    snprintf(to + end, bytes - end, " with mask %#x", f.mask);
  }
}

void fail_pair(Failure& fail, const char* what, const HostThread& a, const HostThread& b) {
  char first[160];
  char second[160];
  describe(a, first, sizeof first);
  describe(b, second, sizeof second);
  fail(FAILED, "%s: %s, %s", what, first, second);
}

bool same_place(const HostThread& a, const HostThread& b) {
  return b.state == HOST_AT_EXCHANGE && a.mask == b.mask && a.op == b.op && a.place == b.place;
}

// The first lane of a mask that keeps lane `of` waiting; -1 if none does. Those that have returned keep nobody.
int missing_lane(const HostThread* warp, int of) {
  for (int i = 0; i < WARP_LANES; i++) {
    if ((warp[of].mask >> i & 1) && warp[i].state != HOST_DONE && !same_place(warp[of], warp[i])) {
      return i;
    }
  }
  return -1;
}

// Gives the lanes of a mask what they asked for, and lets them go on. What a lane that has returned, or one outside of
// the mask, would have passed is poison.
void give(HostThread* warp, HostOperation op, unsigned mask) {
  uint64_t passed[WARP_LANES];
  uint64_t votes = 0;
  for (int i = 0; i < WARP_LANES; i++) {
    bool present = (mask >> i & 1) && warp[i].state == HOST_AT_EXCHANGE;
    passed[i] = present ? warp[i].value : ~(uint64_t)0;
    votes |= present ? warp[i].value << i : 0;
  }
  for (int i = 0; i < WARP_LANES; i++) {
    HostThread& f = warp[i];
    if ((mask >> i & 1) && f.state == HOST_AT_EXCHANGE) {
      f.value = op == HOST_BALLOT ? votes : (unsigned)f.from < WARP_LANES ? passed[f.from] : ~(uint64_t)0;
      f.state = HOST_READY;
    }
  }
}

// Lets the lanes of each mask go on of which all have come to the same operation. All lanes wait or have returned.
void exchange(HostThread* warp, Failure& fail) {
  int waits = -1;
  bool any_went_on = false;
  for (int lane = 0; lane < WARP_LANES; lane++) {
    if (warp[lane].state != HOST_AT_EXCHANGE) {
      continue;
    }
    waits = lane;
    if (!(warp[lane].mask >> lane & 1)) {
      char text[160];
      describe(warp[lane], text, sizeof text);
      fail(FAILED, "a lane must be in its own mask: %s", text);
      return;
    }
    if (missing_lane(warp, lane) < 0) {
      give(warp, warp[lane].op, warp[lane].mask);
      any_went_on = true;
    }
  }
  if (waits >= 0 && !any_went_on) {
    fail_pair(fail, "lanes of a warp that wait for each other are at different places", warp[waits],
              warp[missing_lane(warp, waits)]);
  }
}

// Until every lane of a warp has returned or waits for the block.
void run_warp(HostThread* warp, Failure& fail) {
  for (;;) {
    // An odd factor and a summand run through all lanes.
    uint32_t random = draw();
    HostThread* last = &scheduler;
    for (int i = 0; i < WARP_LANES; i++) {
      HostThread* f = &warp[(i * (random | 1) + (random >> 8)) % WARP_LANES];
      if (f->state == HOST_READY) {
        f->next = last;
        last = f;
      }
    }
    if (last == &scheduler) {
      return;
    }
    scheduler.next = last;
    host_wait(&scheduler);
    exchange(warp, fail);
    if (fail.failed()) {
      return;
    }
  }
}

void run_block(int threads, Failure& fail) {
  for (int i = 0; i < threads; i++) {
    fibers[i].index = {(unsigned)i, 0, 0};
    fibers[i].state = HOST_READY;
  }
  for (; begun < threads; begun++) {
    // Stacks of one alignment would all compete for the same lines of the cache.
    new_context(begun, stacks + (begun + 1) * (STACK_BYTES + GUARD_BYTES) - begun % 11 * 320);
  }
  int warps[MAX_THREADS / WARP_LANES];
  for (;;) {
    draw_order(warps, threads / WARP_LANES);
    for (int i = 0; i < threads / WARP_LANES; i++) {
      run_warp(fibers + warps[i] * WARP_LANES, fail);
      if (fail.failed()) {
        return;
      }
    }
    for (int i = 1; i < threads; i++) {
      if (fibers[i].state != fibers[0].state ||
          (fibers[0].state == HOST_AT_BARRIER && !(fibers[i].place == fibers[0].place))) {
        fail_pair(fail, "not all threads of the block come to the same __syncthreads", fibers[0], fibers[i]);
        return;
      }
    }
    if (fibers[0].state == HOST_DONE) {
      return;
    }
    for (int i = 0; i < threads; i++) {
      fibers[i].state = HOST_READY;
    }
  }
}

bool make_stacks() {
  if (stacks == nullptr) {
    size_t each = STACK_BYTES + GUARD_BYTES;
    void* made = mmap(nullptr, MAX_THREADS * each, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (made == MAP_FAILED) {
      return false;
    }
    stacks = (char*)made;
    for (int i = 0; i < MAX_THREADS; i++) {
      mprotect(stacks + i * each, GUARD_BYTES, PROT_NONE);
    }
  }
  return true;
}

}  // namespace

#ifdef HOST_UCONTEXT
void host_switch(HostThread* from, HostThread* to) { swapcontext((ucontext_t*)from->context, (ucontext_t*)to->context); }
#endif

// What `extern __shared__` arrays stand for, whatever they are called: the build gives this their names too.
extern "C" {
extern thread_local char host_dynamic_shared[MAX_SHARED];
alignas(16) thread_local char host_dynamic_shared[MAX_SHARED];
}

namespace {

struct Shared {
  char* start;
  size_t bytes;
};

// This library's thread-local memory of this thread: nothing but the kernels' shared memory, declared and dynamic.
Shared shared_memory() {
  // The memory is made when it is first asked for, which is here.
  Shared found = {host_dynamic_shared, 0};
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* to) {
        Shared* found = (Shared*)to;
        char* start = (char*)info->dlpi_tls_data;
        for (int i = 0; start != nullptr && i < info->dlpi_phnum; i++) {
          size_t bytes = info->dlpi_phdr[i].p_memsz;
          if (info->dlpi_phdr[i].p_type == PT_TLS && found->start >= start && found->start < start + bytes) {
            *found = {start, bytes};
            return 1;
          }
        }
        return 0;
      },
      &found);
  return found;
}

uint64_t greatest_divisor(uint64_t a, uint64_t b) { return b == 0 ? a : greatest_divisor(b, a % b); }

void run_grid(int threads, int shared_bytes, uint64_t seed, const char* name, Failure& fail) {
  Shared shared = shared_memory();
  if (shared.bytes == 0 || !make_stacks()) {
    fail(FAILED, "no memory for %s", name);
    return;
  }
  memset(shared.start, POISON, shared.bytes);
  uint64_t blocks = (uint64_t)host_grid_dim.x * host_grid_dim.y;
  // A factor that shares no divisor with the number of blocks runs through them all.
  uint64_t factor = draw() % blocks | 1;
  while (greatest_divisor(factor, blocks) != 1) {
    factor += 2;
  }
  uint64_t summand = draw() % blocks;
  for (uint64_t i = 0; i < blocks; i++) {
    uint64_t block = (i * factor + summand) % blocks;
    host_block = {(unsigned)(block % host_grid_dim.x), (unsigned)(block / host_grid_dim.x), 0};
    if (i > 0) {
      // All but what lies past the dynamic memory that was asked for, which is looked at in the end.
      memset(host_dynamic_shared, POISON, shared_bytes);
      memset(shared.start, POISON, host_dynamic_shared - shared.start);
      char* rest = host_dynamic_shared + MAX_SHARED;
      memset(rest, POISON, shared.start + shared.bytes - rest);
    }
    run_block(threads, fail);
    if (fail.failed()) {
      begun = 0;  // they are in the midst of a kernel, and are never resumed
      size_t said = strlen(fail.message);
      snprintf(fail.message + said, fail.bytes - said, " (%s, block (%u, %u) of (%u, %u), %d threads, seed %llu)", name,
               host_block.x, host_block.y, host_grid_dim.x, host_grid_dim.y, threads, (unsigned long long)seed);
      return;
    }
  }
  for (int i = shared_bytes; i < MAX_SHARED; i++) {
    if ((unsigned char)host_dynamic_shared[i] != POISON) {
      fail(FAILED, "%s wrote past the %d bytes of dynamic shared memory that it was launched with", name, shared_bytes);
      return;
    }
  }
}

}  // namespace

int host_launch(void (*kernel)(const void*), const char* name, int max_threads, int grid_x, int grid_y, int threads,
                int shared_bytes, const void* arguments, unsigned long long seed, char* message, int message_bytes) {
  Failure fail = {message, message_bytes, DONE_WELL};
  if (grid_x < 1 || grid_y < 1 || grid_y > 65535 || threads < 1 || threads > max_threads || threads % WARP_LANES != 0 ||
      shared_bytes < 0 || shared_bytes > MAX_SHARED) {
    fail(REFUSED, "%s with %d x %d blocks of %d threads and %d bytes of shared memory: at most 65535 in the second dimension, a "
         "multiple of 32 threads, at most %d, and at most %d bytes",
         name, grid_x, grid_y, threads, shared_bytes, max_threads, MAX_SHARED);
    return fail.result;
  }
  pthread_mutex_lock(&one_launch);
  run_kernel = kernel;
  kernel_arguments = arguments;
  host_grid_dim = {(unsigned)grid_x, (unsigned)grid_y, 1};
  host_block_dim = {(unsigned)threads, 1, 1};
  random_state = seed * 0x9e3779b97f4a7c15 | 1;
  draw();
  run_grid(threads, shared_bytes, seed, name, fail);
  pthread_mutex_unlock(&one_launch);
  return fail.result;
}
