package dev.dovetail.cpu;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * A fixed set of threads that run the parts of one operation at a time, the caller being one of
 * them.
 *
 * <p>A job is one number, the ticket: which job it is in the upper half, how many of its parts
 * nobody has taken yet in the lower half. Publishing a job sets the ticket, taking a part is a
 * compare-and-set that lowers it. A worker that wakes late finds no part left and does no harm, so
 * the caller waits for parts, never for workers. While jobs follow each other the workers spin for
 * the next one; after {@value #SPIN_NANOS} ns without any they park, and an idle engine takes no
 * CPU.
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
  private static final int TICKET = 16;
  private static final int UNFINISHED = 48;
  private static final int SLEEPERS = 80;
  private static final long PARTS_MASK = 0xffff_ffffL;

  private final AtomicLongArray counters = new AtomicLongArray(112);
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
   */
  void run(int parts, Task task) {
    if (closed) {
      throw new IllegalStateException("the worker pool is closed");
    }
    if (running) {
      throw new IllegalStateException("the worker pool runs one job at a time");
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
    long next = (counters.getPlain(TICKET) & ~PARTS_MASK) + PARTS_MASK + 1;
    counters.set(TICKET, next | parts);
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

  /** Takes and runs parts of the current job until none is left. */
  private void takeParts(int worker) {
    for (long ticket = counters.get(TICKET);
        (ticket & PARTS_MASK) != 0;
        ticket = counters.get(TICKET)) {
      if (counters.compareAndSet(TICKET, ticket, ticket - 1)) {
        // The job cannot end, and its task cannot change, before this part is counted as finished.
        try {
          task.run((int) (ticket & PARTS_MASK) - 1, worker);
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
    while (awaitJob()) {
      takeParts(worker);
    }
  }

  /** Returns true when there may be a part to take, false when the pool closes. */
  private boolean awaitJob() {
    long start = System.nanoTime();
    for (int spins = 1; !closed; spins++) {
      if ((counters.getAcquire(TICKET) & PARTS_MASK) != 0) {
        return true;
      }
      if (spins % SPINS_PER_CLOCK_READ != 0) {
        Thread.onSpinWait();
      } else if (System.nanoTime() - start > SPIN_NANOS) {
        counters.incrementAndGet(SLEEPERS);
        // Either this sees the caller's new ticket, or the caller sees the sleeper.
        while (!closed && (counters.get(TICKET) & PARTS_MASK) == 0) {
          LockSupport.park(this);
        }
        counters.decrementAndGet(SLEEPERS);
      }
    }
    return false;
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
