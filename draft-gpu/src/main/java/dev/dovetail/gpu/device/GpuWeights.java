package dev.dovetail.gpu.device;

import dev.dovetail.gpu.kernel.Planes;
import dev.dovetail.models.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** One tensor's weights in the GPU's memory. */
record GpuWeights(Planes planes, int rows, int cols, List<DeviceMemory.Block> blocks)
    implements AutoCloseable {
  /** Rows are laid out and sent so many bytes at a time. */
  private static final long CHUNK_BYTES = 1 << 20;

  /** Sends a tensor; it is not needed afterwards. */
  static GpuWeights send(Tensor tensor, DeviceMemory memory, Staging staging) {
    int rows = tensor.rows();
    int cols = tensor.cols();
    if (cols % 4 != 0) {
      throw new IllegalArgumentException(
          "tensor '%s' has rows of %d numbers; the GPU's kernels read four at a time"
              .formatted(tensor.name(), cols));
    }
    WeightPlanes layout = WeightPlanes.of(tensor.type());
    int count = layout.planeBytes().size();
    List<DeviceMemory.Block> blocks = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      List<Long> addresses = new ArrayList<>();
      for (int plane = 0; plane < count; plane++) {
        blocks.add(memory.allocate(layout.bytes(plane, rows, cols)));
        addresses.add(blocks.getLast().address());
      }
      int chunk = Math.clamp(CHUNK_BYTES / layout.bytes(0, 1, cols), 1, rows);
      List<MemorySegment> room = new ArrayList<>();
      for (int plane = 0; plane < count; plane++) {
        room.add(arena.allocate(layout.bytes(plane, chunk, cols), 64));
      }
      for (int first = 0; first < rows; first += chunk) {
        int n = Math.min(chunk, rows - first);
        layout.split(tensor, first, n, room);
        for (int plane = 0; plane < count; plane++) {
          long bytes = layout.bytes(plane, n, cols);
          long at = layout.bytes(plane, first, cols);
          staging.send(room.get(plane).asSlice(0, bytes), addresses.get(plane) + at);
        }
      }
      return new GpuWeights(new Planes(layout.name(), addresses), rows, cols, List.copyOf(blocks));
    } catch (RuntimeException | Error e) {
      blocks.forEach(DeviceMemory.Block::close);
      throw e;
    }
  }

  long bytes() {
    return blocks.stream().mapToLong(DeviceMemory.Block::bytes).sum();
  }

  @Override
  public void close() {
    blocks.forEach(DeviceMemory.Block::close);
  }
}
