package dev.dovetail.engine.device;

/** f32 numbers in a device's memory, owned by whoever asked the device for them. */
public interface Buffer extends AutoCloseable {
  /** How many numbers it holds. */
  int length();

  @Override
  void close();
}
