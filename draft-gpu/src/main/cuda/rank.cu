// The best entries of rows of logits, by logit / temperature + Gumbel noise, or by logit when greedy, each with its
// log-probability. Two steps: the candidates of each part of a row, then the best of those. Parts are cut at fixed
// entries, so that a row's result does not depend on the others.
#include "best.cuh"

#define PART 2048

// A group of token ids whose largest noise is known from one draw, see GumbelNoise.java.
#define GROUP_SHIFT 8
#define GROUP_SIZE (1 << GROUP_SHIFT)

// What a tree's candidates are ranked by, in the GPU's memory: a recorded launch reads there what has changed.
struct RankSettings {
  u64 seed;
  int length;  // tokens of the sequence that the tree hangs from
  int greedy;
  float temperature;  // 1 when greedy
  float penalty;
  int window;  // so many of the last tokens are penalised; 0 for none
  int recent;  // how many of the sequence's last tokens are known: those within the window of the tree's root
};

struct RankPartsArgs {
  const float* logits;     // [rows][stride], one for each node of a level
  const int* vocabulary;   // [width]: the token of each entry, ascending; null where they are the same
  const RankSettings* settings;
  const int* recent;       // the sequence's last tokens
  const int* node_tokens;  // of the tree's nodes
  const int* path;         // [rows][path_stride]: the path to each row's node, as nodes of the tree
  float* scores;           // [rows][parts][wanted], best first; those that are missing are -infinity
  float* values;           // likewise: the candidates' logits after the penalty
  int* tokens;             // likewise
  float* largest;          // [rows][parts], logits; -infinity if there is no other
  float* sums;             // [rows][parts]: of exp((logit - largest) / temperature); NaN if an entry is no candidate
  int width;
  int stride;
  int wanted;
  int groups;  // that a part's tokens can lie in, at most
  int level;   // of the candidates: nodes on the path above
  int path_stride;
};

struct RankMergeArgs {
  float* scores;  // as above; used up
  const float* values;
  const int* tokens;
  const float* largest;
  const float* sums;
  const RankSettings* settings;
  int* out;  // [rows][wanted][2]: the token, -1 where there is none, and the bits of its log-probability
  int parts;
  int wanted;
};

// Half of a block of Philox4x32-10 (Salmon et al. 2011), words 0 and 1.
__device__ __forceinline__ u64 philox(u64 key, u32 c0, u32 c1, u32 c2, u32 c3) {
  u32 key0 = (u32)key;
  u32 key1 = (u32)(key >> 32);
  for (int round = 0; round < 10; round++) {
    u64 product0 = (u64)0xD2511F53u * c0;
    u64 product1 = (u64)0xCD9E8D57u * c2;
    c0 = (u32)(product1 >> 32) ^ c1 ^ key0;
    c2 = (u32)(product0 >> 32) ^ c3 ^ key1;
    c1 = (u32)product1;
    c3 = (u32)product0;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return (u64)c1 << 32 | c0;
}

// -log(u) of the uniform number in the upper 53 bits, to the relative precision of an f32 at both ends: close to 1
// what u lacks is exact, not u.
__device__ __forceinline__ float exponential(u64 bits) {
  u64 k = bits >> 11;
  if (k >= 1ull << 52) {
    return -log1pf(-((float)((1ull << 53) - k) * 0x1p-53f));
  }
  return -logf(k == 0 ? 0x1p-54f : (float)k * 0x1p-53f);
}

// The largest value of a block, the same in every thread.
__device__ __forceinline__ float block_max(float v, float* room) {
  v = warp_max(v);
  if (threadIdx.x % WARP == 0) {
    room[threadIdx.x / WARP] = v;
  }
  __syncthreads();
  for (int i = 0; i < THREADS / WARP; i++) {
    v = fmaxf(v, room[i]);
  }
  return v;
}

// exp((x - largest) / temperature), 0 where all are -infinity; NaN for a NaN and, with itself the largest, +infinity.
__device__ __forceinline__ float weight(float x, float largest, float temperature) {
  return expf((x - (largest == LOWEST ? 0 : largest)) / temperature);
}

// The entry of a token, -1 if it has none.
__device__ __forceinline__ int entry_of(int token, const int* vocabulary, int width) {
  if (vocabulary == nullptr) {
    return token;
  }
  int low = 0;
  int high = width;
  while (low < high) {
    int middle = (low + high) / 2;
    if (vocabulary[middle] < token) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < width && vocabulary[low] == token ? low : -1;
}

// Block (i, p): part p of row i.
extern "C" __global__ void __launch_bounds__(THREADS) rank_parts(RankPartsArgs a) {
  extern __shared__ float least[];  // [groups], and behind them the owners
  __shared__ float x[PART];
  __shared__ float scores[PART];
  __shared__ float room[WARP];
  __shared__ Best best_room[2][THREADS / WARP];
  RankSettings s = *a.settings;
  int position = s.length + a.level;
  int row = blockIdx.x;
  int start = blockIdx.y * PART;
  int count = min(PART, a.width - start);
  const float* logits = a.logits + (u64)row * a.stride + start;
  const int* vocabulary = a.vocabulary == nullptr ? nullptr : a.vocabulary + start;
  for (int i = threadIdx.x; i < count; i += THREADS) {
    x[i] = logits[i];
  }
  u8* owner = (u8*)(least + a.groups);
  int first_group = (vocabulary == nullptr ? start : vocabulary[0]) >> GROUP_SHIFT;
  int last_group = (vocabulary == nullptr ? start + count - 1 : vocabulary[count - 1]) >> GROUP_SHIFT;
  if (!s.greedy) {
    for (int g = first_group + threadIdx.x; g <= last_group; g += THREADS) {
      u64 bits = philox(s.seed, g, position, 1, 0);
      least[g - first_group] = exponential(bits) / GROUP_SIZE;
      owner[g - first_group] = (u8)bits;
    }
  }
  __syncthreads();
  if (s.window > 0) {
    // The sequence's last tokens, then those on the path, as far as they lie within the window.
    int known = s.recent + a.level;
    for (int i = max(0, known - s.window) + threadIdx.x; i < known; i += THREADS) {
      int above = i - s.recent;
      int token = above < 0 ? a.recent[i] : a.node_tokens[a.path[row * a.path_stride + above]];
      int entry = entry_of(token, a.vocabulary, a.width) - start;
      if (entry >= 0 && entry < count) {
        // From the caller's logit, so that an entry that comes twice is penalised once.
        float logit = logits[entry];
        x[entry] = logit > 0 ? logit / s.penalty : logit * s.penalty;
      }
    }
    __syncthreads();
  }
  float largest = LOWEST;
  for (int i = threadIdx.x; i < count; i += THREADS) {
    largest = fmaxf(largest, x[i]);
  }
  largest = block_max(largest, room);
  __syncthreads();
  float sum = 0;
  for (int i = threadIdx.x; i < count; i += THREADS) {
    sum += weight(x[i], largest, s.temperature);
    if (s.greedy) {
      scores[i] = x[i];
      continue;
    }
    int token = vocabulary == nullptr ? start + i : vocabulary[i];
    int g = (token >> GROUP_SHIFT) - first_group;
    float above = (token & (GROUP_SIZE - 1)) == owner[g] ? 0 : exponential(philox(s.seed, token, position, 0, 0));
    // Against the largest, so that little is rounded where it matters.
    scores[i] = x[i] == LOWEST ? LOWEST : (x[i] - largest) / s.temperature - logf(least[g] + above);
  }
  sum = block_sum(sum, room);
  int part = row * gridDim.y + blockIdx.y;
  if (threadIdx.x == 0) {
    a.largest[part] = largest;
    a.sums[part] = sum;
  }
  Best mine = best_of_mine(scores, count);
  for (int k = 0; k < a.wanted; k++) {
    Best best = block_best(mine, best_room[k % 2]);
    u64 at = (u64)part * a.wanted + k;
    if (best.score == LOWEST) {
      if (threadIdx.x == 0) {
        a.scores[at] = LOWEST;
      }
    } else if (best.index % THREADS == threadIdx.x) {
      a.scores[at] = best.score;
      a.values[at] = x[best.index];
      a.tokens[at] = vocabulary == nullptr ? start + best.index : vocabulary[best.index];
      scores[best.index] = LOWEST;
      mine = best_of_mine(scores, count);
    }
  }
}

// Block i: row i.
extern "C" __global__ void __launch_bounds__(THREADS) rank_merge(RankMergeArgs a) {
  __shared__ float room[WARP];
  __shared__ Best best_room[2][THREADS / WARP];
  u64 row = blockIdx.x;
  int count = a.parts * a.wanted;
  float* scores = a.scores + row * count;
  const float* largest = a.largest + row * a.parts;
  float most = LOWEST;
  for (int p = threadIdx.x; p < a.parts; p += THREADS) {
    most = fmaxf(most, largest[p]);
  }
  most = block_max(most, room);
  __syncthreads();
  RankSettings s = *a.settings;
  float sum = 0;
  for (int p = threadIdx.x; p < a.parts; p += THREADS) {
    sum += a.sums[row * a.parts + p] * weight(largest[p], most, s.temperature);
  }
  sum = block_sum(sum, room);
  float log_sum = logf(sum);
  bool usable = sum > 0;  // not NaN
  if (!s.greedy && usable) {
    for (int i = threadIdx.x; i < count; i += THREADS) {
      // Scores are against the largest of their part; -infinity stays, also where the part has no other.
      if (scores[i] != LOWEST) {
        scores[i] += (largest[i / a.wanted] - most) / s.temperature;
      }
    }
  }
  Best mine = best_of_mine(scores, count);
  for (int k = 0; k < a.wanted; k++) {
    Best best = block_best(mine, best_room[k % 2]);
    int* out = a.out + 2 * (row * a.wanted + k);
    if (best.score == LOWEST || !usable) {
      if (threadIdx.x == 0) {
        out[0] = -1;
        out[1] = 0;
      }
    } else if (best.index % THREADS == threadIdx.x) {
      out[0] = a.tokens[row * count + best.index];
      out[1] = __float_as_int((a.values[row * count + best.index] - most) / s.temperature - log_sum);
      scores[best.index] = LOWEST;
      mine = best_of_mine(scores, count);
    }
  }
}
