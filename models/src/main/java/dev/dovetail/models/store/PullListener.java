package dev.dovetail.models.store;

/** Hears how a pull goes on. Called by the pulling thread. */
public interface PullListener {
  /** Hears nothing. */
  PullListener SILENT = new PullListener() {};

  /**
   * Bytes have come.
   *
   * @param done bytes of the file that are here, those of an earlier pull included
   * @param total bytes of the whole file, or -1 where unknown
   */
  default void progress(long done, long total) {}

  /**
   * Something a person may want to know: which source is tried, why one failed, a retry. One line.
   */
  default void message(String line) {}
}
