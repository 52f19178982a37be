// A libcuda.so.1 for tests: a "GPU" whose memory is the host's, as strict about contexts, handles and sizes as the
// real one, so that the binding can be tried where there is no GPU. Work is done at once, or recorded while a stream
// captures. What is still held when the context is released ends the process.
//
// Special: an allocation of 1 TiB or more is refused; PTX with "broken" in it does not compile; the kernels are `fill`
// (struct fill_args) and `trap`, after which every call fails.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OK = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NO_DEVICE = 101, INVALID_CONTEXT = 201, INVALID_PTX = 218,
       INVALID_HANDLE = 400, NOT_FOUND = 500, NOT_READY = 600, ILLEGAL_ADDRESS = 700 };

struct fill_args { float* out; int count; float value; };

struct op { int kind; void* to; const void* from; size_t bytes; struct fill_args fill; };
struct graph { int tag; int count; struct op ops[64]; };
struct stream { int tag; struct graph* recording; };
struct event { int tag; int recorded; int at; };
struct function { int tag; int trap; int shared; };
struct module { int tag; };

enum { COPY, ZERO, FILL, TRAP };
enum { STREAM = 0x57, EVENT, FUNCTION, MODULE, GRAPH, EXEC };

static int the_context, retained, lost;
static __thread void* current;
static int live[16];

#define API __attribute__((visibility("default"))) int
#define ENTER do { if (lost) return lost; if (current != &the_context) return INVALID_CONTEXT; } while (0)
#define HANDLE(p, t) do { if (!(p) || *(int*)(p) != (t)) return INVALID_HANDLE; } while (0)

static void* make(size_t bytes, int tag) {
  int* it = calloc(1, bytes);
  *it = tag;
  live[tag - STREAM]++;
  return it;
}

static void drop(void* it) {
  live[*(int*)it - STREAM]--;
  *(int*)it = 0;
}

static int run(const struct op* op) {
  switch (op->kind) {
    case COPY: memcpy(op->to, op->from, op->bytes); break;
    case ZERO: memset(op->to, 0, op->bytes); break;
    case FILL: for (int i = 0; i < op->fill.count; i++) op->fill.out[i] = op->fill.value; break;
    default: lost = ILLEGAL_ADDRESS;
  }
  return OK;
}

static int queue(struct stream* s, struct op op) {
  HANDLE(s, STREAM);
  if (s->recording) {
    s->recording->ops[s->recording->count++] = op;
    return OK;
  }
  return run(&op);
}

API cuInit(unsigned flags) { return flags ? INVALID_VALUE : OK; }
API cuDriverGetVersion(int* version) { *version = 12060; return OK; }
API cuDeviceGetCount(int* count) { *count = 1; return OK; }
API cuDeviceGet(int* device, int ordinal) { *device = 0; return ordinal ? NO_DEVICE : OK; }
API cuDeviceGetName(char* name, int size, int device) { snprintf(name, size, "Fake GPU"); return device; }
API cuDeviceGetAttribute(int* value, int attribute, int device) { *value = attribute == 75 ? 8 : 6; return device; }
API cuDeviceTotalMem_v2(size_t* bytes, int device) { *bytes = (size_t)4 << 30; return device; }
API cuDevicePrimaryCtxRetain(void** context, int device) { retained++; *context = &the_context; return device; }

API cuDevicePrimaryCtxRelease_v2(int device) {
  if (--retained == 0 && !lost) {
    for (int i = 0; i < 16; i++) {
      if (live[i]) {
        fprintf(stderr, "%d handles of kind %d are still held\n", live[i], i);
        _Exit(70);
      }
    }
  }
  return device;
}

API cuCtxSetCurrent(void* context) { current = context; return lost; }
API cuCtxPushCurrent_v2(void* context) { current = context; return lost; }
API cuCtxPopCurrent_v2(void** context) { *context = current; current = 0; return lost; }
API cuMemGetInfo_v2(size_t* free, size_t* total) { ENTER; *free = (size_t)3 << 30; *total = (size_t)4 << 30; return OK; }

API cuMemAlloc_v2(uint64_t* address, size_t bytes) {
  ENTER;
  if (bytes >= (size_t)1 << 40) return OUT_OF_MEMORY;
  *address = (uint64_t)aligned_alloc(256, (bytes + 255) / 256 * 256);
  live[8]++;
  return OK;
}

API cuMemFree_v2(uint64_t address) { ENTER; free((void*)address); live[8]--; return OK; }
API cuMemHostAlloc(void** p, size_t bytes, unsigned flags) { ENTER; *p = malloc(bytes); live[9]++; return flags; }
API cuMemFreeHost(void* p) { ENTER; free(p); live[9]--; return OK; }

API cuMemcpyHtoDAsync_v2(uint64_t to, const void* from, size_t bytes, void* s) {
  ENTER;
  return queue(s, (struct op){COPY, (void*)to, from, bytes});
}

API cuMemcpyDtoHAsync_v2(void* to, uint64_t from, size_t bytes, void* s) {
  ENTER;
  return queue(s, (struct op){COPY, to, (void*)from, bytes});
}

API cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, void* s) {
  ENTER;
  return queue(s, (struct op){COPY, (void*)to, (void*)from, bytes});
}

API cuMemsetD8Async(uint64_t to, unsigned char byte, size_t bytes, void* s) {
  ENTER;
  return byte ? INVALID_VALUE : queue(s, (struct op){ZERO, (void*)to, 0, bytes});
}

// The options' values stand where pointers would: 5 is the error log, 6 its size.
API cuModuleLoadDataEx(void** module, const char* image, unsigned count, const int* options, void** values) {
  ENTER;
  if (!strstr(image, "broken")) {
    *module = make(sizeof(struct module), MODULE);
    return OK;
  }
  for (unsigned i = 0; i + 1 < count; i++) {
    if (options[i] == 5 && options[i + 1] == 6) {
      snprintf(values[i], (size_t)values[i + 1], "ptxas: line 3, %d characters, is broken", (int)strlen(image));
    }
  }
  return INVALID_PTX;
}

API cuModuleGetFunction(void** function, void* module, const char* name) {
  ENTER;
  HANDLE(module, MODULE);
  int trap = !strcmp(name, "trap");
  if (!trap && strcmp(name, "fill")) return NOT_FOUND;
  // Of a module, and not given back by itself.
  static struct function functions[2] = {{FUNCTION, 0, 48 << 10}, {FUNCTION, 1, 48 << 10}};
  *function = &functions[trap];
  return OK;
}

API cuModuleUnload(void* module) { ENTER; HANDLE(module, MODULE); drop(module); return OK; }

API cuFuncGetAttribute(int* value, int attribute, void* f) {
  ENTER;
  HANDLE(f, FUNCTION);
  *value = 1024;
  return attribute == 1 ? OK : INVALID_VALUE;
}

API cuFuncSetAttribute(void* f, int attribute, int value) {
  ENTER;
  HANDLE(f, FUNCTION);
  ((struct function*)f)->shared = value + 1024;
  return attribute == 8 && value <= 98304 ? OK : INVALID_VALUE;
}

API cuLaunchKernel(void* f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared,
                   void* s, void** parameters, void** extra) {
  ENTER;
  HANDLE(f, FUNCTION);
  struct function* function = f;
  if (gx != 3 || gy != 2 || gz != 1 || bx != 64 || by != 1 || bz != 1 || extra) return INVALID_VALUE;
  if ((int)shared + 1024 > function->shared) return INVALID_VALUE;
  struct op op = {function->trap ? TRAP : FILL};
  memcpy(&op.fill, parameters[0], sizeof op.fill);
  return queue(s, op);
}

API cuStreamCreate(void** s, unsigned flags) { ENTER; *s = make(sizeof(struct stream), STREAM); return flags == 1 ? OK : INVALID_VALUE; }
API cuStreamDestroy_v2(void* s) { ENTER; HANDLE(s, STREAM); drop(s); return OK; }
API cuStreamSynchronize(void* s) { ENTER; HANDLE(s, STREAM); return OK; }
API cuStreamWaitEvent(void* s, void* e, unsigned flags) { ENTER; HANDLE(s, STREAM); HANDLE(e, EVENT); return flags; }
API cuEventCreate(void** e, unsigned flags) { ENTER; *e = make(sizeof(struct event), EVENT); return flags ? INVALID_VALUE : OK; }
API cuEventDestroy_v2(void* e) { ENTER; HANDLE(e, EVENT); drop(e); return OK; }

// Its clock goes 1.5 ms on at each mark.
API cuEventRecord(void* e, void* s) {
  ENTER;
  HANDLE(e, EVENT);
  HANDLE(s, STREAM);
  static int marks;
  struct event* event = e;
  event->recorded = 2;
  event->at = ++marks;
  return OK;
}

// Not ready at the first question.
API cuEventQuery(void* e) {
  ENTER;
  HANDLE(e, EVENT);
  struct event* event = e;
  return event->recorded && --event->recorded ? NOT_READY : OK;
}

API cuEventElapsedTime(float* milliseconds, void* from, void* to) {
  ENTER;
  HANDLE(from, EVENT);
  HANDLE(to, EVENT);
  struct event *a = from, *b = to;
  if (!a->at || !b->at) return INVALID_HANDLE;
  if (a->recorded == 2 || b->recorded == 2) return NOT_READY;
  *milliseconds = 1.5f * (b->at - a->at);
  return OK;
}

API cuStreamBeginCapture_v2(void* s, int mode) {
  ENTER;
  HANDLE(s, STREAM);
  ((struct stream*)s)->recording = make(sizeof(struct graph), GRAPH);
  return mode == 2 ? OK : INVALID_VALUE;
}

API cuStreamEndCapture(void* s, void** graph) {
  ENTER;
  HANDLE(s, STREAM);
  *graph = ((struct stream*)s)->recording;
  ((struct stream*)s)->recording = 0;
  return *graph ? OK : INVALID_VALUE;
}

API cuGraphInstantiateWithFlags(void** exec, void* graph, unsigned long long flags) {
  ENTER;
  HANDLE(graph, GRAPH);
  struct graph* copy = make(sizeof(struct graph), EXEC);
  memcpy((int*)copy + 1, (int*)graph + 1, sizeof(struct graph) - sizeof(int));
  *exec = copy;
  return (int)flags;
}

API cuGraphDestroy(void* graph) { ENTER; HANDLE(graph, GRAPH); drop(graph); return OK; }
API cuGraphExecDestroy(void* exec) { ENTER; HANDLE(exec, EXEC); drop(exec); return OK; }

API cuGraphLaunch(void* exec, void* s) {
  ENTER;
  HANDLE(exec, EXEC);
  HANDLE(s, STREAM);
  struct graph* graph = exec;
  for (int i = 0; i < graph->count; i++) run(&graph->ops[i]);
  return OK;
}
