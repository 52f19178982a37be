package dev.dovetail.engine.device;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How long a device's operations took, added up by name: that of the operation, or for a
 * multiplication the names of the tensors multiplied by, without their layer. Written under the
 * device's lock; to be read while no pass runs.
 */
public final class OperationTimes {
  /**
   * What the operations of one name took.
   *
   * @param bytes of the tensors in their file that were read; 0 for what reads no weights
   */
  public record Total(long calls, long nanos, long bytes) {
    private static final Total NONE = new Total(0, 0, 0);

    private Total plus(long moreNanos, long moreBytes) {
      return new Total(calls + 1, nanos + moreNanos, bytes + moreBytes);
    }
  }

  private final Map<String, Total> totals = new LinkedHashMap<>();

  /** A device that does what another does and adds its times up here; closing it closes both. */
  public Device of(Device device) {
    return new TimedDevice(device, this);
  }

  void add(String name, long nanos, long bytes) {
    totals.merge(name, Total.NONE.plus(nanos, bytes), (before, one) -> before.plus(nanos, bytes));
  }

  /** The totals since the last {@link #reset}, in the order in which operations first ran. */
  public Map<String, Total> totals() {
    return new LinkedHashMap<>(totals);
  }

  /** Begins anew. */
  public void reset() {
    totals.clear();
  }
}
