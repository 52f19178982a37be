package dev.dovetail.gpu.driver;

import dev.dovetail.gpu.driver.GpuDriver.Grid;
import dev.dovetail.gpu.driver.GpuDriver.Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** Every call of a driver that can fail, once, by what {@link FakeGpuDriver} writes of it. */
final class DriverCallList {
  private DriverCallList() {}

  /** The calls that work is done with. */
  static Map<String, Consumer<GpuDriver>> working() {
    MemorySegment memory = Arena.ofAuto().allocate(8);
    GpuDriver.Event event = new GpuDriver.Event() {};
    GpuDriver.Graph graph = new GpuDriver.Graph() {};
    GpuDriver.Product product = new GpuDriver.Product(1, 1, 1, 1, 1, 1, false, 1, 1);
    GpuDriver.Function function = new GpuDriver.Function() {};
    Map<String, Consumer<GpuDriver>> calls = new LinkedHashMap<>();
    calls.put("freeBytes", GpuDriver::freeBytes);
    calls.put("totalBytes", GpuDriver::totalBytes);
    calls.put("allocate 5", driver -> driver.allocate(5));
    calls.put("allocatePinned 6", driver -> driver.allocatePinned(6));
    calls.put("copyIn 1 8 COPY", driver -> driver.copyIn(1, memory, Stream.COPY));
    calls.put("copyOut 8 2 COPY", driver -> driver.copyOut(memory, 2, Stream.COPY));
    calls.put("copyWithin 1 2 3 COMPUTE", driver -> driver.copyWithin(1, 2, 3, Stream.COMPUTE));
    calls.put("zero 1 2 COMPUTE", driver -> driver.zero(1, 2, Stream.COMPUTE));
    calls.put("function a b", driver -> driver.function("a", "b"));
    calls.put(
        "launch kernel 3 8 COMPUTE",
        driver -> driver.launch(function, Grid.of(3, 32), memory, Stream.COMPUTE));
    calls.put("canMultiply", GpuDriver::canMultiply);
    calls.put("multiply 1 2 3", driver -> driver.multiply(product, 2, 3));
    calls.put("newEvent", GpuDriver::newEvent);
    calls.put("record COPY", driver -> driver.record(event, Stream.COPY));
    calls.put("await COMPUTE", driver -> driver.await(event, Stream.COMPUTE));
    calls.put("nanosBetween", driver -> driver.nanosBetween(event, event));
    calls.put("beginCapture COMPUTE", driver -> driver.beginCapture(Stream.COMPUTE));
    calls.put("endCapture COMPUTE", driver -> driver.endCapture(Stream.COMPUTE));
    calls.put("launch graph COMPUTE", driver -> driver.launch(graph, Stream.COMPUTE));
    return calls;
  }

  /** The calls that give back. */
  static Map<String, Consumer<GpuDriver>> releasing() {
    MemorySegment memory = Arena.ofAuto().allocate(7);
    GpuDriver.Event event = new GpuDriver.Event() {};
    GpuDriver.Graph graph = new GpuDriver.Graph() {};
    Map<String, Consumer<GpuDriver>> calls = new LinkedHashMap<>();
    calls.put("free 9", driver -> driver.free(9));
    calls.put("freePinned 7", driver -> driver.freePinned(memory));
    calls.put("free event", driver -> driver.free(event));
    calls.put("free graph", driver -> driver.free(graph));
    return calls;
  }
}
