package dev.dovetail.engine.device;

/** Operations that a device has been given by {@link Device#sequence}. */
public interface Sequence extends AutoCloseable {
  /** Queues them all. Under the device's lock. */
  void run();

  @Override
  void close();
}
