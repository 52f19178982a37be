package dev.dovetail.engine.device;

/**
 * The token of each row of a head over part of a vocabulary, in a device's memory, owned by whoever
 * asked the device for it.
 */
public interface TokenIds extends AutoCloseable {
  /** The ids, ascending; not to be modified. */
  int[] ids();

  @Override
  void close();
}
