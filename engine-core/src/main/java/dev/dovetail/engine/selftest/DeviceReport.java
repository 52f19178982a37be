package dev.dovetail.engine.selftest;

import dev.dovetail.engine.device.DeviceLimits;
import java.util.List;
import java.util.OptionalLong;

/**
 * What a self-test found.
 *
 * @param device in words
 * @param reference what it was compared with, in words
 * @param limits of the device
 * @param operations in the order in which they ran
 * @param bytesLeft of the device's memory that were in use after the test and not before; empty
 *     where nobody counts
 */
public record DeviceReport(
    String device,
    String reference,
    DeviceLimits limits,
    List<OperationCheck> operations,
    OptionalLong bytesLeft) {
  public DeviceReport {
    operations = List.copyOf(operations);
  }

  /** Whether every operation agrees, and all memory was given back. */
  public boolean passed() {
    return operations.stream().allMatch(OperationCheck::passed) && bytesLeft.orElse(0) == 0;
  }
}
