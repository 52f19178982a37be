package dev.dovetail.models.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Keeps two pulls of one file apart, in this process and in others. The lock file stays: deleting
 * it while another process waits for it would let both in.
 */
final class StoreLock implements AutoCloseable {
  /** File locks hold between processes only, so threads queue here first. */
  private static final Map<Path, ReentrantLock> THREADS = new ConcurrentHashMap<>();

  private final ReentrantLock thread;
  private final FileChannel channel;

  private StoreLock(ReentrantLock thread, FileChannel channel) {
    this.thread = thread;
    this.channel = channel;
  }

  /** Waits until no one else pulls this file. */
  static StoreLock of(Path file, PullListener listener) throws IOException {
    ReentrantLock thread = THREADS.computeIfAbsent(file, f -> new ReentrantLock());
    if (!thread.tryLock()) {
      listener.message("waiting for another pull of " + file.getFileName());
      thread.lock();
    }
    FileChannel channel = null;
    try {
      Path lockFile = file.resolveSibling("." + file.getFileName() + ".lock");
      channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = channel.tryLock();
      if (lock == null) {
        listener.message("waiting for another process that pulls " + file.getFileName());
        channel.lock();
      }
      return new StoreLock(thread, channel);
    } catch (IOException | RuntimeException e) {
      if (channel != null) {
        channel.close();
      }
      thread.unlock();
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      thread.unlock();
    }
  }
}
