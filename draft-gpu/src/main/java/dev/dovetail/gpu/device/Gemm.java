package dev.dovetail.gpu.device;

import dev.dovetail.gpu.driver.GpuDriver;
import dev.dovetail.gpu.driver.GpuDriver.Product;
import dev.dovetail.gpu.kernel.EmbedKernel;
import dev.dovetail.gpu.kernel.FloatRows;

/**
 * Products with many tokens by the driver's library: some rows of the weights at a time are widened
 * to f32, and multiplied with all tokens. Sums run in the library's order. Its memory is part of
 * the budget, and taken while nothing else wants it. For one thread at a time.
 */
final class Gemm implements AutoCloseable {
  /** Below so many tokens our own kernels serve: as a tree has at most 64, these are prompts. */
  private static final int FEWEST_TOKENS = 65;

  // The rows of a tile give a GPU enough to do, and its numbers stay in the cache of a large one.
  private static final long TILE_BYTES = 16 << 20;
  private static final int TILE_ROWS = 4096;

  // What the library takes by itself on GPUs before Hopper.
  private static final long WORKSPACE_BYTES = 4 << 20;

  private final GpuDriver driver;
  private final DeviceMemory memory;
  private final Staging staging;
  private final EmbedKernel embed;
  private final int[] ids = new int[TILE_ROWS];
  private static final long SCRATCH_BYTES =
      TILE_BYTES + WORKSPACE_BYTES + TILE_ROWS * (long) Integer.BYTES;

  private DeviceMemory.Block scratch;

  /**
   * @param embed reads rows of weights
   */
  Gemm(GpuDriver driver, DeviceMemory memory, Staging staging, EmbedKernel embed) {
    this.driver = driver;
    this.memory = memory;
    this.staging = staging;
    this.embed = embed;
    memory.whenShort(this::close);
  }

  /** Whether the library is there. */
  boolean available() {
    return driver.canMultiply();
  }

  /** Takes its memory if it can be had; whether it was. */
  private boolean hasRoom() {
    if (scratch == null && memory.left() >= SCRATCH_BYTES) {
      scratch = memory.allocate(SCRATCH_BYTES);
    }
    return scratch != null;
  }

  /** Bytes of its memory. */
  long bytes() {
    return scratch == null ? 0 : scratch.bytes();
  }

  /**
   * Multiplies where that pays and there is room for it.
   *
   * @param add whether to add to what is there
   * @return whether it did
   */
  boolean multiply(GpuWeights w, FloatRows x, int n, boolean add, FloatRows out) {
    if (n < FEWEST_TOKENS || !hasRoom()) {
      return false;
    }
    long tile = scratch.address();
    long workspace = tile + TILE_BYTES;
    long rowIds = workspace + WORKSPACE_BYTES;
    int most = Math.clamp(TILE_BYTES / Float.BYTES / w.cols(), 1, TILE_ROWS);
    for (int first = 0; first < w.rows(); first += most) {
      int rows = Math.min(most, w.rows() - first);
      for (int i = 0; i < rows; i++) {
        ids[i] = first + i;
      }
      staging.send(ids, rows, rowIds);
      embed.launch(w.planes(), rowIds, rows, new FloatRows(tile, w.cols(), w.cols()));
      driver.multiply(
          new Product(
              tile,
              rows,
              w.cols(),
              x.address(),
              x.stride(),
              n,
              add,
              out.address() + (long) first * Float.BYTES,
              out.stride()),
          workspace,
          WORKSPACE_BYTES);
    }
    return true;
  }

  /** Gives its memory back, which the next product takes again if it can be had. */
  @Override
  public void close() {
    if (scratch != null) {
      scratch.close();
      scratch = null;
    }
  }
}
