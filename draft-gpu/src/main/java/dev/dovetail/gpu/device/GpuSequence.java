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
  private boolean executed;
  private boolean refused;
  private long moves;
  private Graph graph;

  GpuSequence(GpuDriver driver, DeviceMemory memory, Staging staging, Runnable operations) {
    this.driver = driver;
    this.memory = memory;
    this.staging = staging;
    this.operations = operations;
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
  }

  /** Without a graph where the driver makes none of them. */
  private void record() {
    boolean begun = false;
    try (Staging.Pause pause = staging.pause()) {
      driver.beginCapture(Stream.COMPUTE);
      begun = true;
      operations.run();
      begun = false;
      graph = driver.endCapture(Stream.COMPUTE);
    } catch (RuntimeException | Error e) {
      if (begun) {
        endQuietly(e);
      }
      if (!(e instanceof GpuException failure)
          || failure.kind() != Kind.REFUSED && failure.kind() != Kind.OUT_OF_MEMORY) {
        throw e;
      }
      refused = true;
    }
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
