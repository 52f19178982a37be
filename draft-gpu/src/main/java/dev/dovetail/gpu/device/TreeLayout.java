package dev.dovetail.gpu.device;

import dev.dovetail.gpu.kernel.RankKernel.Settings;

/**
 * Where each of the numbers lies that a tree sends to the GPU's memory, counted from the first.
 * What is read back, a token, a parent, a log-probability and the path's of each node, lies
 * together.
 */
record TreeLayout(int nodes, int levels) {
  static final int PREFIX = Settings.INTS;

  int tokens() {
    return PREFIX + 2;
  }

  int parents() {
    return tokens() + nodes;
  }

  int logs() {
    return parents() + nodes;
  }

  int pathLogs() {
    return logs() + nodes;
  }

  int starts() {
    return pathLogs() + nodes;
  }

  int lengths() {
    return starts() + nodes;
  }

  int paths() {
    return lengths() + nodes;
  }

  int recent() {
    return paths() + nodes * levels;
  }
}
