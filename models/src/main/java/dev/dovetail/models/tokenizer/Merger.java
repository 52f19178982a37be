package dev.dovetail.models.tokenizer;

import java.util.Arrays;

/**
 * Merges the symbols of one word at a time, always the pair of lowest rank and the leftmost of
 * equal ones, until none is left. Holds the word as a linked list, to be filled by {@link #start}
 * and {@link #append}. For one thread.
 */
final class Merger {
  /** A symbol that merges with nothing. */
  static final int STRANGER = -1;

  /**
   * Up to this length looking at all pairs for each merge is quicker than a heap; beyond it would
   * be quadratic.
   */
  private static final int SHORT = 24;

  private static final int END = -1;
  private static final long NONE = Long.MAX_VALUE;

  /** From (left, right) to (rank, merged). */
  private final PairMap merges;

  private int[] symbols = new int[64];
  private int[] next = new int[64];
  private int[] previous = new int[64];

  /**
   * For each position (rank, merged) of the pair it begins, {@link #NONE} where there is no such
   * pair.
   */
  private long[] pairs = new long[64];

  private int size;

  /** Candidate merges as (rank, position): a binary heap, lowest first; some are out of date. */
  private long[] heap = new long[0];

  private int heapSize;

  Merger(PairMap merges) {
    this.merges = merges;
  }

  /** Begins a new word. */
  void start() {
    size = 0;
  }

  void append(int symbol) {
    if (size == symbols.length) {
      symbols = Arrays.copyOf(symbols, size * 2);
      next = Arrays.copyOf(next, size * 2);
      previous = Arrays.copyOf(previous, size * 2);
      pairs = Arrays.copyOf(pairs, size * 2);
    }
    symbols[size++] = symbol;
  }

  /** Merges what was appended; the result is read by {@link #after} from position 0 on. */
  void merge() {
    for (int i = 0; i < size; i++) {
      previous[i] = i - 1;
      next[i] = i + 1;
      pairs[i] = i + 1 < size ? find(symbols[i], symbols[i + 1]) : NONE;
    }
    if (size > 0) {
      next[size - 1] = END;
    }
    if (size <= SHORT) {
      mergeShort();
    } else {
      mergeLong();
    }
  }

  /** The symbol at a position of the merged word. */
  int symbol(int position) {
    return symbols[position];
  }

  /** How many symbols were appended since {@link #start}. */
  int size() {
    return size;
  }

  /** The position after one of the merged word; the size at the end. */
  int after(int position) {
    return next[position] == END ? size : next[position];
  }

  private void mergeShort() {
    while (true) {
      int best = 0;
      long lowest = NONE;
      for (int i = 0; i < size; i++) {
        // Ranks only: equal ranks must go by position, whatever they merge into.
        if (PairMap.first(pairs[i]) < PairMap.first(lowest)) {
          lowest = pairs[i];
          best = i;
        }
      }
      if (lowest == NONE) {
        return;
      }
      mergeAt(best);
    }
  }

  private void mergeLong() {
    heapSize = 0;
    heap = heap.length < size ? new long[size * 2] : heap;
    for (int i = 0; i < size; i++) {
      push(i);
    }
    while (heapSize > 0) {
      long candidate = pop();
      int position = PairMap.second(candidate);
      // A candidate is out of date if its pair has changed since; if the rank is the same, it may
      // as well go now.
      if (pairs[position] == NONE || PairMap.first(pairs[position]) != PairMap.first(candidate)) {
        continue;
      }
      mergeAt(position);
      push(position);
      if (previous[position] != END) {
        push(previous[position]);
      }
    }
  }

  private void mergeAt(int left) {
    int right = next[left];
    symbols[left] = PairMap.second(pairs[left]);
    pairs[right] = NONE;
    int after = next[right];
    next[left] = after;
    if (after == END) {
      pairs[left] = NONE;
    } else {
      previous[after] = left;
      pairs[left] = find(symbols[left], symbols[after]);
    }
    int before = previous[left];
    if (before != END) {
      pairs[before] = find(symbols[before], symbols[left]);
    }
  }

  private long find(int left, int right) {
    if (left == STRANGER || right == STRANGER) {
      return NONE;
    }
    long found = merges.get(PairMap.pair(left, right));
    return found == PairMap.ABSENT ? NONE : found;
  }

  private void push(int position) {
    if (pairs[position] == NONE) {
      return;
    }
    if (heapSize == heap.length) {
      heap = Arrays.copyOf(heap, heapSize * 2);
    }
    long candidate = PairMap.pair(PairMap.first(pairs[position]), position);
    int hole = heapSize++;
    while (hole > 0 && heap[hole - 1 >>> 1] > candidate) {
      heap[hole] = heap[hole - 1 >>> 1];
      hole = hole - 1 >>> 1;
    }
    heap[hole] = candidate;
  }

  private long pop() {
    long top = heap[0];
    long last = heap[--heapSize];
    int hole = 0;
    while (true) {
      int child = 2 * hole + 1;
      if (child >= heapSize) {
        break;
      }
      if (child + 1 < heapSize && heap[child + 1] < heap[child]) {
        child++;
      }
      if (heap[child] >= last) {
        break;
      }
      heap[hole] = heap[child];
      hole = child;
    }
    heap[hole] = last;
    return top;
  }
}
