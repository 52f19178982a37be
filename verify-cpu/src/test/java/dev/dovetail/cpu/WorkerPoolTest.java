package dev.dovetail.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class WorkerPoolTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 8})
  void runsEachPartOnce(int threads) {
    try (WorkerPool pool = new WorkerPool(threads)) {
      assertThat(pool.threads()).isEqualTo(threads);
      for (int parts : new int[] {0, 1, 2, 3, 7, 100, 1000}) {
        AtomicIntegerArray runs = new AtomicIntegerArray(parts);
        pool.run(
            parts,
            (part, worker) -> {
              assertThat(worker).isBetween(0, threads - 1);
              runs.incrementAndGet(part);
            });
        for (int part = 0; part < parts; part++) {
          assertThat(runs.get(part)).as("part %d of %d", part, parts).isEqualTo(1);
        }
      }
    }
  }

  @Test
  void tenThousandTinyJobsSeeEachOthersPlainWrites() {
    int threads = 3;
    int[] numbers = new int[64];
    try (WorkerPool pool = new WorkerPool(threads)) {
      WorkerPool.Task shift = (part, worker) -> numbers[part] = numbers[32 + (part + 1) % 32] + 1;
      WorkerPool.Task back = (part, worker) -> numbers[32 + part] = numbers[part];
      for (int job = 0; job < 10_000; job++) {
        pool.run(32, shift);
        pool.run(32, back);
      }
    }
    assertThat(numbers).containsOnly(10_000);
  }

  @Test
  void wakesThreadsThatParked() throws InterruptedException {
    try (WorkerPool pool = new WorkerPool(2)) {
      for (int i = 0; i < 20; i++) {
        Thread.sleep(5); // far longer than threads spin
        CountDownLatch both = new CountDownLatch(2);
        pool.run(
            2,
            (part, worker) -> {
              both.countDown();
              try {
                both.await(); // ends only if two threads are at work
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
      }
    }
  }

  @Test
  void theCallerParksUntilALongPartEnds() {
    try (WorkerPool pool = new WorkerPool(2)) {
      AtomicInteger done = new AtomicInteger();
      CountDownLatch helperStarted = new CountDownLatch(1);
      pool.run(
          2,
          (part, worker) -> {
            if (worker == 0) {
              await(helperStarted);
            } else {
              helperStarted.countDown();
              sleep(50);
              done.set(100);
            }
          });
      assertThat(done).hasValue(100);
    }
  }

  private static void sleep(int millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void aFailureReachesTheCallerAndLeavesThePoolUsable(int threads) {
    try (WorkerPool pool = new WorkerPool(threads)) {
      for (int round = 0; round < 200; round++) {
        int bad = round % 16;
        assertThatThrownBy(() ->
                pool.run(
                    16,
                    (part, worker) -> {
                      if (part == bad) {
                        throw new IllegalArgumentException("part " + part);
                      }
                    }))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessage("part " + bad);
        AtomicInteger runs = new AtomicInteger();
        pool.run(16, (part, worker) -> runs.incrementAndGet());
        assertThat(runs).hasValue(16);
      }
      assertThatThrownBy(() ->
              pool.run(
                  4,
                  (part, worker) -> {
                    throw new StackOverflowError("deep");
                  }))
          .isInstanceOf(StackOverflowError.class);
    }
  }

  @Test
  void refusesAJobWithinAJob() {
    try (WorkerPool pool = new WorkerPool(1)) {
      assertThatThrownBy(() -> pool.run(1, (p, w) -> pool.run(1, (q, v) -> {})))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("one job at a time");
    }
  }

  @Test
  void closeEndsTheThreads() {
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    WorkerPool pool = new WorkerPool(4);
    CountDownLatch all = new CountDownLatch(4);
    pool.run(
        4,
        (part, worker) -> {
          threads.add(Thread.currentThread());
          all.countDown();
          await(all);
        });
    pool.close();
    pool.close();
    threads.remove(Thread.currentThread());
    assertThat(threads).hasSize(3).noneMatch(Thread::isAlive).allMatch(Thread::isDaemon);
    assertThatThrownBy(() -> pool.run(1, (part, worker) -> {}))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void oneThreadIsTheCallerAlone() {
    Thread caller = Thread.currentThread();
    try (WorkerPool pool = new WorkerPool(1)) {
      pool.run(8, (part, worker) -> assertThat(Thread.currentThread()).isSameAs(caller));
    }
  }

  @Test
  void anIdlePoolTakesNoProcessorTime() throws InterruptedException {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long[] ids = new long[2];
    try (WorkerPool pool = new WorkerPool(2)) {
      CountDownLatch both = new CountDownLatch(2);
      pool.run(
          2,
          (part, worker) -> {
            ids[worker] = Thread.currentThread().threadId();
            both.countDown();
            await(both);
          });
      Thread.sleep(100);
      long before = threads.getThreadCpuTime(ids[1]);
      Thread.sleep(200);
      assertThat(threads.getThreadCpuTime(ids[1]) - before).isLessThan(2_000_000);
    }
  }

  @Test
  void refusesNoThreads() {
    assertThatThrownBy(() -> new WorkerPool(0)).isInstanceOf(IllegalArgumentException.class);
  }
}
