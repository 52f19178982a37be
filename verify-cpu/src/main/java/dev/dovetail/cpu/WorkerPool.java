package dev.dovetail.cpu;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * A fixed set of threads that run the parts of one operation at a time, the caller being one of
 * them.
 *
 * <p>Each worker has a range of consecutive parts of its own, which it takes from the front, so
 * that memory that lies in the order of the parts is read in one go; a worker whose range is empty
 * takes from the back of another's. A range is one number: the job, the first part left, the first
 * part beyond; taking a part is a compare-and-set. A worker that wakes late finds no part left and
 * does no harm, so the caller waits for parts, never for workers. While jobs follow each other the
 * workers spin for the next one; after {@value #SPIN_NANOS} ns without any they park, and an idle
 * engine takes no CPU.
 *
 * <p>For one calling thread at a time; allocates nothing after construction, unless a part fails.
 */
final class WorkerPool implements AutoCloseable {
  /** One part of an operation. */
  interface Task {
    /**
     * @param part which part
     * @param worker who runs it, 0 to threads - 1, for scratch memory of its own
     */
    void run(int part, int worker);
  }

  private static final long SPIN_NANOS = 50_000;

  /** How long the caller yields, after spinning, before it parks as well. */
  private static final long YIELD_NANOS = 1_000_000;

  private static final int SPINS_PER_CLOCK_READ = 32;

  // Places in the counters, each on a cache line (and its neighbour) of its own.
  private static final int APART = 16;
  private static final int JOB = APART;
  private static final int UNFINISHED = 2 * APART;
  private static final int SLEEPERS = 3 * APART;
  private static final int RANGES = 4 * APART;

  /** Bits of a range for each end; the rest numbers the job. */
  private static final int END_BITS = 20;

  private static final int MOST_PARTS = (1 << END_BITS) - 1;

  private final AtomicLongArray counters;
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final Thread[] helpers;
  private Task task;
  private boolean running;
  private volatile Thread waiting;
  private volatile boolean closed;

  /** Starts {@code threads - 1} daemon threads; the caller of {@link #run} is the remaining one. */
  WorkerPool(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("a pool needs at least one thread; found " + threads);
    }
    counters = new AtomicLongArray(RANGES + (threads + 1) * APART);
    helpers = new Thread[threads - 1];
    for (int i = 0; i < helpers.length; i++) {
      int worker = i + 1;
      helpers[i] =
          Thread.ofPlatform()
              .daemon()
              .name("dovetail-cpu-" + worker)
              .unstarted(() -> serve(worker));
    }
    for (Thread helper : helpers) {
      helper.start();
    }
  }

  int threads() {
    return helpers.length + 1;
  }

  /**
   * Runs parts 0 to {@code parts - 1}, each once, in any order on any worker, and returns when all
   * are done. What the caller wrote before is visible to the parts, and what they wrote to the
   * caller.
   *
   * @throws RuntimeException the first failure of a part, or an Error, after all parts have ended
   * @throws IllegalStateException if the pool is closed, or a job is running
   * @throws IllegalArgumentException if there are more than {@value #MOST_PARTS} parts
   */
  void run(int parts, Task task) {
    if (closed) {
      throw new IllegalStateException("the worker pool is closed");
    }
    if (running) {
      throw new IllegalStateException("the worker pool runs one job at a time");
    }
    if (parts > MOST_PARTS) {
      throw new IllegalArgumentException(
          "a job may have %d parts; found %d".formatted(MOST_PARTS, parts));
    }
    running = true;
    try {
      if (parts == 1 || helpers.length == 0) {
        for (int part = 0; part < parts; part++) {
          task.run(part, 0);
        }
      } else if (parts > 0) {
        share(parts, task);
      }
    } finally {
      running = false;
    }
  }

  private void share(int parts, Task job) {
    task = job;
    counters.setPlain(UNFINISHED, parts);
    long number = counters.getPlain(JOB) + 1;
    int workers = threads();
    for (int worker = 0; worker < workers; worker++) {
      long from = (long) parts * worker / workers;
      long to = (long) parts * (worker + 1) / workers;
      counters.setRelease(place(worker), number << (2 * END_BITS) | from << END_BITS | to);
    }
    counters.set(JOB, number);
    if (counters.get(SLEEPERS) > 0) {
      wakeHelpers();
    }
    takeParts(0);
    if (counters.getAcquire(UNFINISHED) != 0) {
      awaitParts();
    }
    task = null;
    Throwable thrown = failure.getPlain();
    if (thrown != null) {
      failure.set(null);
      rethrow(thrown);
    }
  }

  private static int place(int worker) {
    return RANGES + worker * APART;
  }

  /** Takes and runs parts of the current job until none is left. */
  private void takeParts(int worker) {
    int workers = threads();
    for (int i = 0; i < workers; i++) {
      int owner = (worker + i) % workers;
      for (int part = take(owner, i == 0); part >= 0; part = take(owner, i == 0)) {
        run(part, worker);
      }
    }
  }

  /** Takes the first or the last part left of a range; -1 if there is none. */
  private int take(int owner, boolean first) {
    int place = place(owner);
    while (true) {
      long range = counters.get(place);
      int from = (int) (range >>> END_BITS) & MOST_PARTS;
      int to = (int) range & MOST_PARTS;
      if (from >= to) {
        return -1;
      }
      if (counters.compareAndSet(place, range, first ? range + (1L << END_BITS) : range - 1)) {
        return first ? from : to - 1;
      }
    }
  }

  /** The job cannot end, and its task cannot change, before this part is counted as finished. */
  private void run(int part, int worker) {
    try {
      task.run(part, worker);
    } catch (Throwable thrown) {
      failure.compareAndSet(null, thrown);
    }
    if (counters.decrementAndGet(UNFINISHED) == 0 && worker != 0) {
      Thread caller = waiting;
      if (caller != null) {
        LockSupport.unpark(caller);
      }
    }
  }

  /** A thread that the scheduler took off a core ends its part sooner where others give way. */
  @SuppressWarnings("ThreadPriorityCheck")
  private void awaitParts() {
    long start = System.nanoTime();
    for (int spins = 1; counters.getAcquire(UNFINISHED) != 0; spins++) {
      if (spins % SPINS_PER_CLOCK_READ != 0) {
        Thread.onSpinWait();
        continue;
      }
      long waited = System.nanoTime() - start;
      if (waited > YIELD_NANOS) {
        parkUntilFinished();
      } else if (waited > SPIN_NANOS) {
        Thread.yield();
      }
    }
  }

  private void parkUntilFinished() {
    boolean interrupted = false;
    waiting = Thread.currentThread();
    while (counters.get(UNFINISHED) != 0) {
      LockSupport.park(this);
      interrupted |= Thread.interrupted(); // parking returns at once while the flag is set
    }
    waiting = null;
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void serve(int worker) {
    long done = 0;
    while (!closed) {
      awaitJob(done);
      done = counters.get(JOB);
      takeParts(worker);
    }
  }

  /** Returns when there is a job after {@code done}, or the pool closes. */
  private void awaitJob(long done) {
    long start = System.nanoTime();
    for (int spins = 1; !closed && counters.getAcquire(JOB) == done; spins++) {
      if (spins % SPINS_PER_CLOCK_READ != 0) {
        Thread.onSpinWait();
      } else if (System.nanoTime() - start > SPIN_NANOS) {
        counters.incrementAndGet(SLEEPERS);
        // Either this sees the caller's new job, or the caller sees the sleeper.
        while (!closed && counters.get(JOB) == done) {
          LockSupport.park(this);
        }
        counters.decrementAndGet(SLEEPERS);
      }
    }
  }

  private void wakeHelpers() {
    for (Thread helper : helpers) {
      LockSupport.unpark(helper);
    }
  }

  private static void rethrow(Throwable thrown) {
    switch (thrown) {
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException("a part of an operation failed", thrown);
    }
  }

  /** Ends the threads and waits for them. Harmless when repeated. */
  @Override
  public void close() {
    closed = true;
    wakeHelpers();
    boolean interrupted = false;
    for (Thread helper : helpers) {
      while (helper.isAlive()) {
        try {
          helper.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
