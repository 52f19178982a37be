package dev.dovetail.gpu.kernel;

import dev.dovetail.gpu.driver.Arguments;

/**
 * A cache of keys and values in the GPU's memory, see {@code kv.cuh}.
 *
 * @param table the address of the pages' addresses
 * @param width numbers of a position
 * @param type {@code f32} or {@code f16}
 */
public record KvPages(long table, int width, String type) {
  /** Positions of a page. */
  public static final int PAGE = 256;

  Arguments write(Arguments arguments) {
    // The struct ends at a multiple of 8 bytes.
    return arguments.pointer(table).integer(width).integer(0);
  }
}
