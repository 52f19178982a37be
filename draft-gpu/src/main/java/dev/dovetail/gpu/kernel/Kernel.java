package dev.dovetail.gpu.kernel;

import dev.dovetail.gpu.driver.Arguments;
import dev.dovetail.gpu.driver.GpuDriver;
import dev.dovetail.gpu.driver.GpuDriver.Function;
import dev.dovetail.gpu.driver.GpuDriver.Grid;
import dev.dovetail.gpu.driver.GpuDriver.Stream;
import java.util.HashMap;
import java.util.Map;

/**
 * The functions of one {@code .cu}, loaded when they are first launched. Kernels launch on the
 * stream for computing and return at once. For one thread at a time.
 */
abstract class Kernel {
  /** Threads of a block where a thread does one number. */
  private static final int THREADS = 128;

  private final GpuDriver driver;
  private final String file;
  private final Map<String, Function> functions = new HashMap<>();
  private final Arguments arguments = new Arguments();

  Kernel(GpuDriver driver, String file) {
    this.driver = driver;
    this.file = file;
  }

  /** A struct to be filled for the next {@link #launch}. */
  final Arguments arguments() {
    return arguments.clear();
  }

  final void launch(String function, Grid grid, Arguments struct) {
    driver.launch(
        functions.computeIfAbsent(function, name -> driver.function(file, name)),
        grid,
        struct.segment(),
        Stream.COMPUTE);
  }

  /** A thread for each of {@code width} columns of {@code n} rows. */
  static Grid columns(int n, int width) {
    return new Grid(n, (width - 1) / THREADS + 1, THREADS, 0);
  }
}
