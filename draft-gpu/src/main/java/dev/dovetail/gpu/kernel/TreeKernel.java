package dev.dovetail.gpu.kernel;

import dev.dovetail.gpu.driver.GpuDriver;
import dev.dovetail.gpu.driver.GpuDriver.Grid;

/** {@code tree.cu}. */
public final class TreeKernel extends Kernel {
  private static final int THREADS = 256;

  public TreeKernel(GpuDriver driver) {
    super(driver, "tree");
  }

  /**
   * All nodes of a tree, as addresses of {@code [nodes]} integers or floats.
   *
   * @param logs the log-probability of each under its parent
   * @param pathLogs the sum along its path; -infinity for those that only fill a level
   * @param paths {@code [nodes][pathStride]}: the ancestors of each, the eldest first, then itself
   */
  public record Nodes(
      long tokens, long parents, long logs, long pathLogs, long paths, int pathStride) {}

  /**
   * A level and the one above it.
   *
   * @param parent the first node above, -1 for the root
   * @param parents nodes above
   * @param first node of the level
   * @param count its nodes
   * @param depth nodes above each
   */
  public record Level(int parent, int parents, int first, int count, int depth) {}

  /**
   * Grows a level.
   *
   * @param candidates the address of what {@link RankKernel} gives for the nodes above, as many for
   *     each as the level has nodes
   */
  public void launch(long candidates, Nodes nodes, Level level) {
    launch(
        "tree_grow",
        Grid.of(1, THREADS),
        arguments()
            .pointer(candidates)
            .pointer(nodes.tokens())
            .pointer(nodes.parents())
            .pointer(nodes.logs())
            .pointer(nodes.pathLogs())
            .pointer(nodes.paths())
            .integer(level.parents())
            .integer(level.count())
            .integer(level.parent())
            .integer(level.first())
            .integer(level.depth())
            .integer(nodes.pathStride()));
  }
}
