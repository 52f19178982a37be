// A level of a tree of guessed tokens: of all children of the level above, those that are likeliest by the product of
// probabilities along their paths.
#include "best.cuh"

// Candidates of all rows.
#define MOST 4096

struct TreeGrowArgs {
  const int* candidates;  // [rows][count][2]: a token, or -1 for none, and the bits of its log-probability
  // Of all nodes. Those that lack a candidate come last in their level, have no probability and no children but such as
  // they, and pass through the layers as token 0.
  int* tokens;
  int* parents;      // -1 for the root
  float* logs;       // the log-probability of each under its parent
  float* path_logs;  // the sum along its path
  int* path;         // [nodes][path_stride]: the ancestors of each node, the eldest first, then itself
  int rows;          // one for each node of the level above
  int count;         // nodes of this level, and candidates of a row
  int parent;        // the first node of the level above, -1 for the root
  int first;         // the first node of this level
  int depth;         // theirs
  int path_stride;
};

// One block.
extern "C" __global__ void __launch_bounds__(THREADS) tree_grow(TreeGrowArgs a) {
  __shared__ float scores[MOST];
  __shared__ Best best_room[2][THREADS / WARP];
  int candidates = a.rows * a.count;
  for (int i = threadIdx.x; i < candidates; i += THREADS) {
    int parent = a.parent + i / a.count;
    float above = parent >= 0 ? a.path_logs[parent] : 0;
    scores[i] = a.candidates[2 * i] < 0 ? LOWEST : above + __int_as_float(a.candidates[2 * i + 1]);
  }
  __syncthreads();
  Best mine = best_of_mine(scores, candidates);
  for (int k = 0; k < a.count; k++) {
    Best best = block_best(mine, best_room[k % 2]);
    bool none = best.score == LOWEST;
    int node = a.first + k;
    int parent = a.parent + (none ? 0 : best.index / a.count);
    if (threadIdx.x == 0) {
      a.tokens[node] = none ? 0 : a.candidates[2 * best.index];
      a.parents[node] = parent;
      a.logs[node] = none ? LOWEST : __int_as_float(a.candidates[2 * best.index + 1]);
      a.path_logs[node] = best.score;
    }
    for (int d = threadIdx.x; d <= a.depth; d += THREADS) {
      a.path[node * a.path_stride + d] = d == a.depth ? node : a.path[parent * a.path_stride + d];
    }
    if (!none && best.index % THREADS == threadIdx.x) {
      scores[best.index] = LOWEST;
      mine = best_of_mine(scores, candidates);
    }
  }
}
