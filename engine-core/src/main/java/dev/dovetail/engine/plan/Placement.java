package dev.dovetail.engine.plan;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * What lies where, in bytes by part. Parts that take nothing are not named.
 *
 * @param draftOnGpu whether the draft is on the GPU; false where there is no draft
 * @param gpuLayers how many of the target's layers, the first ones, are on the GPU
 */
public record Placement(
    boolean draftOnGpu, int gpuLayers, Map<Part, Long> gpu, Map<Part, Long> cpu) {
  public Placement {
    gpu = ordered(gpu);
    cpu = ordered(cpu);
  }

  /** All of it on the GPU. */
  public long gpuBytes() {
    return gpu.values().stream().mapToLong(Long::longValue).sum();
  }

  /**
   * All of it in the computer's own memory; activations, which are small there, are not counted.
   */
  public long cpuBytes() {
    return cpu.values().stream().mapToLong(Long::longValue).sum();
  }

  private static Map<Part, Long> ordered(Map<Part, Long> parts) {
    Map<Part, Long> copy = new EnumMap<>(Part.class);
    parts.forEach((part, bytes) -> {
      if (bytes > 0) {
        copy.put(part, bytes);
      }
    });
    return Collections.unmodifiableMap(copy);
  }
}
