// The best entries of rows of logits, by logit / temperature + Gumbel noise, or by logit when greedy, each with its
// log-probability. Two steps: the candidates of each part of a row, then the best of those. Parts are cut at fixed
// entries, so that a row's result does not depend on the others.
#include "common.cuh"

#define PART 2048
#define THREADS 256

// A group of token ids whose largest noise is known from one draw, see GumbelNoise.java.
#define GROUP_SHIFT 8
#define GROUP_SIZE (1 << GROUP_SHIFT)

struct RankPartsArgs {
  const float* logits;         // [rows][stride]
  const int* vocabulary;       // [width]: the token of each entry, ascending; null where they are the same
  const int* penalised_start;  // [rows + 1]: where a row's begin; null where there are none
  const int* penalised;        // entries of a row, some perhaps twice
  float* scores;               // [rows][parts][wanted], best first; those that are missing are -infinity
  float* values;               // likewise: the candidates' logits after the penalty
  int* tokens;                 // likewise
  float* largest;              // [rows][parts], logits; -infinity if there is no other
  float* sums;                 // [rows][parts]: of exp((logit - largest) / temperature); NaN if an entry is no candidate
  u64 seed;
  int width;
  int stride;
  int wanted;
  int groups;  // that a part's tokens can lie in, at most
  int position;
  int greedy;
  float temperature;  // 1 when greedy
  float penalty;
};

struct RankMergeArgs {
  float* scores;  // as above; used up
  const float* values;
  const int* tokens;
  const float* largest;
  const float* sums;
  int* out;  // [rows][wanted][2]: the token, -1 where there is none, and the bits of its log-probability
  int parts;
  int wanted;
  int greedy;
  float temperature;
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

struct Best {
  float score;
  int index;
};

__device__ __forceinline__ bool before(const Best& a, const Best& b) {
  return a.score > b.score || (a.score == b.score && a.index < b.index);
}

// The best of the scores that belong to this thread; of equal ones the first.
__device__ __forceinline__ Best best_of_mine(const float* scores, int count) {
  Best best = {LOWEST, count};
  for (int i = threadIdx.x; i < count; i += THREADS) {
    if (scores[i] > best.score) {
      best = {scores[i], i};
    }
  }
  return best;
}

// The best of what the threads hold, the same in every thread. `room` is for THREADS / WARP; a call takes another one
// than the call before it.
__device__ __forceinline__ Best block_best(Best best, Best* room) {
  for (int step = WARP / 2; step > 0; step /= 2) {
    Best other;
    other.score = __shfl_xor_sync(ALL_LANES, best.score, step);
    other.index = __shfl_xor_sync(ALL_LANES, best.index, step);
    if (before(other, best)) {
      best = other;
    }
  }
  if (threadIdx.x % WARP == 0) {
    room[threadIdx.x / WARP] = best;
  }
  __syncthreads();
  best = room[0];
  for (int i = 1; i < THREADS / WARP; i++) {
    if (before(room[i], best)) {
      best = room[i];
    }
  }
  return best;
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

// Block (i, p): part p of row i.
extern "C" __global__ void __launch_bounds__(THREADS) rank_parts(RankPartsArgs a) {
  extern __shared__ float least[];  // [groups], and behind them the owners
  __shared__ float x[PART];
  __shared__ float scores[PART];
  __shared__ float room[WARP];
  __shared__ Best best_room[2][THREADS / WARP];
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
  if (!a.greedy) {
    for (int g = first_group + threadIdx.x; g <= last_group; g += THREADS) {
      u64 bits = philox(a.seed, g, a.position, 1, 0);
      least[g - first_group] = exponential(bits) / GROUP_SIZE;
      owner[g - first_group] = (u8)bits;
    }
  }
  __syncthreads();
  if (a.penalised_start != nullptr) {
    for (int i = a.penalised_start[row] + threadIdx.x; i < a.penalised_start[row + 1]; i += THREADS) {
      int entry = a.penalised[i] - start;
      if (entry >= 0 && entry < count) {
        // From the caller's logit, so that an entry that comes twice is penalised once.
        float logit = logits[entry];
        x[entry] = logit > 0 ? logit / a.penalty : logit * a.penalty;
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
    sum += weight(x[i], largest, a.temperature);
    if (a.greedy) {
      scores[i] = x[i];
      continue;
    }
    int token = vocabulary == nullptr ? start + i : vocabulary[i];
    int g = (token >> GROUP_SHIFT) - first_group;
    float above = (token & (GROUP_SIZE - 1)) == owner[g] ? 0 : exponential(philox(a.seed, token, a.position, 0, 0));
    // Against the largest, so that little is rounded where it matters.
    scores[i] = x[i] == LOWEST ? LOWEST : (x[i] - largest) / a.temperature - logf(least[g] + above);
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
  float sum = 0;
  for (int p = threadIdx.x; p < a.parts; p += THREADS) {
    sum += a.sums[row * a.parts + p] * weight(largest[p], most, a.temperature);
  }
  sum = block_sum(sum, room);
  float log_sum = logf(sum);
  bool usable = sum > 0;  // not NaN
  if (!a.greedy && usable) {
    for (int i = threadIdx.x; i < count; i += THREADS) {
      // Scores are against the largest of their part; -infinity stays, also where the part has no other.
      if (scores[i] != LOWEST) {
        scores[i] += (largest[i / a.wanted] - most) / a.temperature;
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
      out[1] = __float_as_int((a.values[row * count + best.index] - most) / a.temperature - log_sum);
      scores[best.index] = LOWEST;
      mine = best_of_mine(scores, count);
    }
  }
}
