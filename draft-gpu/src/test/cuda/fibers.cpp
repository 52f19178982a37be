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

enum State { READY, AT_EXCHANGE, AT_BARRIER, DONE };
const char* const OPERATIONS[] = {"__syncwarp", "a shuffle", "a vote"};

#ifdef HOST_UCONTEXT
typedef ucontext_t Context;
#else
typedef void* Context;
#endif

struct Fiber : HostThread {
  Context context;
  State state;
  // What it waits with.
  HostOperation op;
  unsigned mask;
  int from;
  int line;
  uint64_t value;
  uint64_t result;
};

pthread_mutex_t one_launch = PTHREAD_MUTEX_INITIALIZER;
char* stacks;
Fiber fibers[MAX_THREADS];
Context scheduler;
void (*run_kernel)(const void*);
const void* kernel_arguments;
uint64_t random_state;

// The warp that runs: its fibers, their order, and how far it has come.
Fiber* warp;
int order[WARP_LANES];
int turn;

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

void fiber_main();

#ifdef HOST_UCONTEXT
void switch_context(Context* from, Context* to) { swapcontext(from, to); }

void new_context(Context* context, char* top) {
  getcontext(context);
  context->uc_stack.ss_sp = top - STACK_BYTES;
  context->uc_stack.ss_size = STACK_BYTES;
  context->uc_link = nullptr;
  makecontext(context, fiber_main, 0);
}
#else
// The registers that a call preserves go on the old stack, and come back from the new one.
extern "C" void host_switch(Context* from, Context to);
asm(R"(
  .text
  .type host_switch, @function
host_switch:
  push %rbp
  push %rbx
  push %r12
  push %r13
  push %r14
  push %r15
  mov %rsp, (%rdi)
  mov %rsi, %rsp
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbx
  pop %rbp
  ret
  .size host_switch, .-host_switch
)");

inline void switch_context(Context* from, Context* to) { host_switch(from, *to); }

void new_context(Context* context, char* top) {
  void** sp = (void**)top;
  *--sp = nullptr;  // where a caller's return address would be: a function begins with its stack 8 off a multiple of 16
  *--sp = (void*)fiber_main;
  for (int i = 0; i < 6; i++) {
    *--sp = nullptr;
  }
  *context = sp;
}
#endif

// To the next lane of the warp that can run, or back to the scheduler.
void leave(Fiber* self) {
  while (++turn < WARP_LANES) {
    Fiber* next = warp + order[turn];
    if (next->state == READY) {
      host_thread = next;
      switch_context(&self->context, &next->context);
      return;
    }
  }
  switch_context(&self->context, &scheduler);
}

void fiber_main() {
  run_kernel(kernel_arguments);
  Fiber* self = (Fiber*)host_thread;
  self->state = DONE;
  leave(self);
  __builtin_trap();
}

void describe(const Fiber& f, char* to, size_t bytes) {
  switch (f.state) {
    case AT_EXCHANGE:
      snprintf(to, bytes, "thread %u waits in %s of line %d with mask %#x", f.index.x, OPERATIONS[f.op], f.line, f.mask);
      break;
    case AT_BARRIER:
      snprintf(to, bytes, "thread %u waits in __syncthreads of line %d", f.index.x, f.line);
      break;
    default:
      snprintf(to, bytes, "thread %u has returned", f.index.x);
  }
}

void fail_pair(Failure& fail, const char* what, const Fiber& a, const Fiber& b) {
  char first[160];
  char second[160];
  describe(a, first, sizeof first);
  describe(b, second, sizeof second);
  fail(FAILED, "%s: %s, %s", what, first, second);
}

// Lets the lanes of each mask go on of which all have come to the same operation. All lanes wait or have returned.
void exchange(Failure& fail) {
  bool any_waits = false;
  bool any_went_on = false;
  Fiber* one = nullptr;
  Fiber* other = nullptr;
  for (int lane = 0; lane < WARP_LANES; lane++) {
    Fiber& first = warp[lane];
    if (first.state != AT_EXCHANGE) {
      continue;
    }
    any_waits = true;
    if (!(first.mask >> lane & 1)) {
      char text[160];
      describe(first, text, sizeof text);
      fail(FAILED, "a lane must be in its own mask: %s", text);
      return;
    }
    bool complete = true;
    uint64_t votes = 0;
    for (int i = 0; i < WARP_LANES; i++) {
      Fiber& f = warp[i];
      if (!(first.mask >> i & 1) || f.state == DONE) {
        continue;
      }
      if (f.state != AT_EXCHANGE || f.mask != first.mask || f.op != first.op || f.line != first.line) {
        complete = false;
        one = &first;
        other = &f;
        break;
      }
      votes |= f.value << i;
    }
    if (!complete) {
      continue;
    }
    for (int i = 0; i < WARP_LANES; i++) {
      Fiber& f = warp[i];
      if (!(first.mask >> i & 1) || f.state == DONE) {
        continue;
      }
      bool present = f.from >= 0 && f.from < WARP_LANES && (first.mask >> f.from & 1) && warp[f.from].state != DONE;
      f.result = first.op == HOST_BALLOT ? votes : present ? warp[f.from].value : ~(uint64_t)0;
    }
    for (int i = 0; i < WARP_LANES; i++) {
      if ((first.mask >> i & 1) && warp[i].state != DONE) {
        warp[i].state = READY;
      }
    }
    any_went_on = true;
    // Those that go on are READY now, so that a later lane of another mask which names them is not complete.
  }
  if (any_waits && !any_went_on) {
    fail_pair(fail, "lanes of a warp that wait for each other are at different places", *one, *other);
  }
}

// Until every lane of a warp has returned or waits for the block.
void run_warp(Fiber* lanes, Failure& fail) {
  warp = lanes;
  for (;;) {
    // An odd factor and a summand run through all lanes.
    uint32_t random = draw();
    for (int i = 0; i < WARP_LANES; i++) {
      order[i] = (i * (random | 1) + (random >> 8)) % WARP_LANES;
    }
    turn = 0;
    while (turn < WARP_LANES && warp[order[turn]].state != READY) {
      turn++;
    }
    if (turn == WARP_LANES) {
      return;
    }
    Fiber* first = warp + order[turn];
    host_thread = first;
    switch_context(&scheduler, &first->context);
    exchange(fail);
    if (fail.failed()) {
      return;
    }
  }
}

void run_block(int threads, Failure& fail) {
  for (int i = 0; i < threads; i++) {
    fibers[i].index = {(unsigned)i, 0, 0};
    fibers[i].state = READY;
    // Stacks of one alignment would all compete for the same lines of the cache.
    char* top = stacks + (i + 1) * (STACK_BYTES + GUARD_BYTES) - i % 11 * 320;
    new_context(&fibers[i].context, top);
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
      if (fibers[i].state != fibers[0].state || (fibers[0].state == AT_BARRIER && fibers[i].line != fibers[0].line)) {
        fail_pair(fail, "not all threads of the block come to the same __syncthreads", fibers[0], fibers[i]);
        return;
      }
    }
    if (fibers[0].state == DONE) {
      return;
    }
    for (int i = 0; i < threads; i++) {
      fibers[i].state = READY;
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

void host_syncthreads(int line) {
  Fiber* self = (Fiber*)host_thread;
  self->state = AT_BARRIER;
  self->line = line;
  leave(self);
}

unsigned long long host_exchange(HostOperation op, unsigned mask, unsigned long long value, int from, int line) {
  Fiber* self = (Fiber*)host_thread;
  self->state = AT_EXCHANGE;
  self->op = op;
  self->mask = mask;
  self->value = value;
  self->from = from;
  self->line = line;
  leave(self);
  return self->result;
}

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
