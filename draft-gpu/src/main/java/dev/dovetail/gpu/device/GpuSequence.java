package dev.dovetail.gpu.device;

import dev.dovetail.engine.device.Sequence;
import dev.dovetail.gpu.driver.GpuDriver;
import dev.dovetail.gpu.driver.GpuDriver.Graph;
import dev.dovetail.gpu.driver.GpuDriver.Stream;
import dev.dovetail.gpu.driver.GpuException;
import dev.dovetail.gpu.driver.GpuException.Kind;

/**
 * Operations that are recorded as a graph. The first run executes them, which loads their kernels
 * and takes the memory that they work in; the second records them, and from then on a run is one
 * call of the driver. When memory has moved since, all this begins anew.
 */
final class GpuSequence implements Sequence {
  private final GpuDriver driver;
  private final DeviceMemory memory;
  private final Staging staging;
  private final Runnable operations;
  private final Runnable queued;
  private boolean executed;
  private boolean refused;
  private long moves;
  private Graph graph;

  /**
   * @param queued is run when the operations are on their way
   */
  GpuSequence(
      GpuDriver driver,
      DeviceMemory memory,
      Staging staging,
      Runnable operations,
      Runnable queued) {
    this.driver = driver;
    this.memory = memory;
    this.staging = staging;
    this.operations = operations;
    this.queued = queued;
  }

  @Override
  public void run() {
    if (moves != memory.moves()) {
      close();
      executed = false;
    }
    if (executed && graph == null && !refused) {
      record();
    }
    if (graph == null) {
      operations.run();
      executed = true;
      moves = memory.moves();
    } else {
      driver.launch(graph, Stream.COMPUTE);
    }
    queued.run();
  }

  /** Leaves the operations to be executed where the driver records nothing. */
  private void record() {
    try {
      driver.beginCapture(Stream.COMPUTE);
    } catch (GpuException e) {
      if (e.kind() != Kind.REFUSED) {
        throw e;
      }
      refused = true;
      return;
    }
    try {
      staging.withoutCrossing(operations);
    } catch (RuntimeException | Error e) {
      endQuietly(e);
      throw e;
    }
    graph = driver.endCapture(Stream.COMPUTE);
  }

  private void endQuietly(Throwable cause) {
    try {
      driver.free(driver.endCapture(Stream.COMPUTE));
    } catch (GpuException e) {
      cause.addSuppressed(e);
    }
  }

  @Override
  public void close() {
    if (graph != null) {
      Graph recorded = graph;
      graph = null;
      driver.free(recorded);
    }
  }
}
