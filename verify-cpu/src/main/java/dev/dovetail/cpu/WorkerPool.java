package dev.dovetail.cpu;

/** A fixed set of threads that run the parts of one operation at a time, the caller being one of them. */
final class WorkerPool implements AutoCloseable {
  /** One part of an operation. */
  interface Task {
    /**
     * @param part which part
     * @param worker who runs it, 0 to threads - 1, for scratch memory of its own
     */
    void run(int part, int worker);
  }

  private final int threads;

  WorkerPool(int threads) {
    this.threads = threads;
  }

  int threads() {
    return threads;
  }

  /** Runs parts 0 to {@code parts - 1}, each once, in any order on any worker, and returns when all are done. */
  void run(int parts, Task task) {
    for (int part = 0; part < parts; part++) {
      task.run(part, 0);
    }
  }

  @Override
  public void close() {}
}
