package dev.dovetail.engine.device;

import java.util.Arrays;

/**
 * The tokens of one pass as nodes of a tree that hangs from a sequence's committed prefix. A prompt
 * and a plain step are chains. Nodes keep the order in which they were added, parents before
 * children; all nodes since {@link #reset} are pending in the KV cache, and a pass covers those
 * from {@link #first} on, so a tree can be grown level by level.
 *
 * <p>Reused between passes, so that a step allocates nothing. For one thread.
 */
public final class TreeBatch {
  /** The parent of a node that continues the prefix. */
  public static final int PREFIX = -1;

  private final int[] tokens;
  private final int[] parents;
  private final int[] depths;
  private int prefix;
  private int first;
  private int end;
  private boolean chain = true;
  private DraftTree grown;

  /** A batch for at most {@code capacity} pending nodes. */
  public TreeBatch(int capacity) {
    tokens = new int[capacity];
    parents = new int[capacity];
    depths = new int[capacity];
  }

  /** A batch of one pass, without a prefix, over tokens that follow each other. */
  public static TreeBatch chain(int... tokens) {
    TreeBatch batch = new TreeBatch(tokens.length);
    for (int i = 0; i < tokens.length; i++) {
      batch.add(tokens[i], i - 1);
    }
    return batch;
  }

  /** Drops all nodes; the next ones hang from a prefix of {@code prefix} committed tokens. */
  public void reset(int prefix) {
    this.prefix = prefix;
    first = 0;
    end = 0;
    chain = true;
    grown = null;
  }

  /**
   * Adds a node and returns its index.
   *
   * @param parent an earlier node, or {@link #PREFIX}
   */
  public int add(int token, int parent) {
    if (end == tokens.length) {
      throw new IllegalStateException("a batch of " + tokens.length + " nodes is full");
    }
    if (parent < PREFIX || parent >= end) {
      throw new IllegalArgumentException("node " + end + " cannot hang from node " + parent);
    }
    chain &= parent == end - 1;
    tokens[end] = token;
    parents[end] = parent;
    depths[end] = parent == PREFIX ? 0 : depths[parent] + 1;
    return end++;
  }

  /**
   * Adds nodes of a tree that grows in a device's memory: their tokens and parents are there alone.
   *
   * @param depth nodes above each of them
   */
  public void addGrown(DraftTree tree, int count, int depth) {
    if (count > tokens.length - end) {
      throw new IllegalStateException("a batch of " + tokens.length + " nodes is full");
    }
    if (end > 0 && !tree.equals(grown)) {
      throw new IllegalStateException("a batch of two trees");
    }
    grown = tree;
    chain = false;
    Arrays.fill(depths, end, end + count, depth);
    end += count;
  }

  /** The tree that knows the nodes' tokens and parents, or null where this batch does. */
  public DraftTree grown() {
    return grown;
  }

  /** Ends the pass: the nodes so far stay pending, the next ones form the next pass. */
  public void advance() {
    first = end;
  }

  /** Committed tokens before the tree. */
  public int prefix() {
    return prefix;
  }

  /** The first node of this pass. */
  public int first() {
    return first;
  }

  /** One past the last node. */
  public int end() {
    return end;
  }

  /** Nodes of this pass. */
  public int size() {
    return end - first;
  }

  public int capacity() {
    return tokens.length;
  }

  public int token(int node) {
    return tokens[node];
  }

  /** The node above, or {@link #PREFIX}. */
  public int parent(int node) {
    return parents[node];
  }

  /** Nodes above it in the tree. */
  public int depth(int node) {
    return depths[node];
  }

  /** Its place in the sequence, which rotates its keys and orders its sums. */
  public int position(int node) {
    return prefix + depths[node];
  }

  /** Whether all pending nodes form one chain, so that node i stands at position prefix + i. */
  public boolean isChain() {
    return chain;
  }

  /**
   * Writes the path from the prefix to {@code node}, itself included, into {@code path} and returns
   * its length, {@code depth(node) + 1}.
   */
  public int path(int node, int[] path) {
    int length = depths[node] + 1;
    for (int i = length - 1, at = node; i >= 0; i--, at = parents[at]) {
      path[i] = at;
    }
    return length;
  }
}
