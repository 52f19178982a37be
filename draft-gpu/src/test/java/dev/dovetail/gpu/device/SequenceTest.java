package dev.dovetail.gpu.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.engine.device.Buffer;
import dev.dovetail.engine.device.DraftNodes;
import dev.dovetail.engine.device.DraftTree;
import dev.dovetail.engine.device.EmbeddingTable;
import dev.dovetail.engine.device.KvCache;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.device.Matrix;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.Sequence;
import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.engine.device.TreeGrowth;
import dev.dovetail.engine.sampling.Sampler;
import dev.dovetail.engine.sampling.SamplingOptions;
import dev.dovetail.gpu.driver.FailingDriver;
import dev.dovetail.gpu.driver.GpuException.Kind;
import dev.dovetail.gpu.driver.HostDriver;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.testing.RandomTensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Operations that grow a tree, recorded and executed, on the GPU that the CPU plays. */
class SequenceTest {
  private static final long SEED = 20261124;
  private static final long MEMORY = 1L << 28;
  private static final int VOCABULARY = 200;
  private static final int HEADS = 2;
  private static final int HEAD_DIM = 16;
  private static final int WIDTH = HEADS * HEAD_DIM;
  private static final int MOST_NODES = 32;
  private static final int[] WIDTHS = {3, 2, 4};
  private static final int GIVEN = 2;
  private static final int NODES = 11;

  /** A mark, a copy, a wait, a question for the time. */
  private static final long CALLS_OF_READ = 4;

  private final List<Side> sides = new ArrayList<>();
  private Side recorded;
  private Side executed;

  /** A device with weights, a cache and a tree: a drafter of one layer. */
  private static final class Side {
    final FailingDriver driver;
    final CudaDevice device;
    final EmbeddingTable table;
    final Matrix head;
    final Buffer norm;
    final KvCache cache;
    final DraftTree tree;
    final TreeBatch batch = new TreeBatch(MOST_NODES + 300);
    final Rows guesses;
    final Rows x;
    final Rows out;
    final Rows angles;
    final Rows logits;
    final Sequence sequence;

    /** Of the driver, which the last run of the operations took. */
    long calls;

    /** Added to the feature that a tree grows from. */
    float guess;

    /** The tree, where its nodes are not to be taken from the one that grows. */
    DraftNodes known;

    Side(long failing) {
      driver = new FailingDriver(new HostDriver(MEMORY, SEED), failing, Kind.REFUSED);
      device = new CudaDevice(driver, KvType.F32, MEMORY);
      Random weights = new Random(SEED);
      Tensor tokens = RandomTensors.tensor(TensorType.F32, VOCABULARY, WIDTH, weights);
      table = device.embedding(tokens);
      head = device.matrix(List.of(tokens));
      float[] ones = new float[WIDTH];
      Arrays.fill(ones, 1);
      norm = device.upload(ones);
      cache = device.kvCache(1, HEADS, HEAD_DIM, 2000);
      tree = device.draftTree(MOST_NODES);
      guesses = Rows.allocate(device, MOST_NODES + 1, WIDTH);
      x = Rows.allocate(device, 300, WIDTH);
      out = Rows.allocate(device, 300, WIDTH);
      angles = Rows.allocate(device, MOST_NODES, HEAD_DIM);
      logits = Rows.allocate(device, MOST_NODES, VOCABULARY);
      sequence = device.sequence(this::operations);
    }

    /** All that a round of drafting does between its one crossing up and its one down. */
    private void operations() {
      Rows last = guesses;
      int rows = 1;
      for (int level = 0; level < GIVEN + WIDTHS.length; level++) {
        if (level > 0) {
          batch.advance();
          if (known == null) {
            tree.addLevel(batch);
          } else {
            addKnown(level - 1);
          }
          rows = batch.size();
          device.gatherParents(guesses, batch, out);
          device.embed(table, batch, x);
          device.rmsNorm(x, norm, 1e-5f, rows, x);
          device.rope(angles.from(batch.first()), false, HEAD_DIM, rows, x);
          device.append(cache, 0, batch, x, out);
          last = guesses.from(batch.first() + 1);
          device.attention(cache, 0, batch, x, 0.3f, out);
          device.copy(out, rows, last);
        }
        if (level >= GIVEN) {
          device.matmul(head, last, rows, logits);
          tree.grow(logits);
        }
      }
    }

    private void addKnown(int level) {
      int count = level < GIVEN ? 1 : WIDTHS[level - GIVEN];
      for (int i = 0; i < count; i++) {
        int node = batch.end();
        batch.add(known.tokens()[node], known.parents()[node]);
      }
    }

    /** A prompt in the cache, a tree behind it. */
    DraftNodes round(Round round, boolean asSequence) {
      cache.truncate(0);
      batch.reset(0);
      Random numbers = new Random(round.seed);
      int n = round.prefix;
      for (int i = 0; i < n; i++) {
        batch.add(numbers.nextInt(VOCABULARY), i - 1);
      }
      device.embed(table, batch, x);
      device.append(cache, 0, batch, x, x);
      cache.commit(IntStream.range(0, n).toArray(), n);
      float[] first = numbers(numbers, WIDTH);
      first[0] += guess;
      device.write(first, 0, 1, guesses);
      device.write(numbers(numbers, MOST_NODES * HEAD_DIM), 0, MOST_NODES, angles);

      batch.reset(n);
      long start = System.nanoTime();
      tree.begin(
          new TreeGrowth(
              new Sampler(round.options, VOCABULARY),
              null,
              Arrays.copyOf(round.context, round.context.length + 9),
              round.context.length,
              round.given,
              WIDTHS,
              TreeGrowth.NO_FLOOR),
          n);
      cache.reserve(NODES);
      long before = driver.calls();
      if (asSequence) {
        sequence.run();
      } else {
        operations();
      }
      calls = driver.calls() - before;
      long queued = System.nanoTime() - start;
      DraftNodes nodes = tree.read();
      if (asSequence) {
        // What is queued has run on this GPU; when it is read does not count.
        assertThat(nodes.nanos()).isPositive().isLessThanOrEqualTo(queued);
      }
      return nodes;
    }

    private static float[] numbers(Random random, int count) {
      float[] numbers = new float[count];
      for (int i = 0; i < count; i++) {
        numbers[i] = (float) random.nextGaussian();
      }
      return numbers;
    }

    float[] allGuesses() {
      float[] all = new float[NODES * WIDTH];
      device.read(guesses, NODES, all, 0);
      return all;
    }

    void close() {
      sequence.close();
      tree.close();
      cache.close();
      norm.close();
      head.close();
      table.close();
      for (Rows rows : new Rows[] {guesses, x, out, angles, logits}) {
        rows.buffer().close();
      }
      assertThat(device.heldBytes()).hasValue(0);
      device.close();
    }
  }

  /** All that changes from one to the next. */
  private record Round(long seed, int prefix, SamplingOptions options, int[] context, int[] given) {
    static Round of(int i) {
      Random random = new Random(SEED + i);
      SamplingOptions options =
          i % 3 == 0
              ? SamplingOptions.GREEDY
              : SamplingOptions.of(0.5f * i, random.nextLong()).withRepeatPenalty(1 + i, 3 * i);
      return new Round(
          random.nextLong(),
          random.nextInt(1, 300),
          options,
          random.ints(5 + 7L * i, 0, VOCABULARY).toArray(),
          random.ints(GIVEN, 0, VOCABULARY).toArray());
    }
  }

  @BeforeEach
  void open() {
    HostDriver.whyNot().ifPresent(Assumptions::abort);
    recorded = side(0);
    executed = side(0);
  }

  private Side side(long failing) {
    Side side = new Side(failing);
    sides.add(side);
    return side;
  }

  @AfterEach
  void close() {
    sides.forEach(Side::close);
  }

  private void compare(Side recorded, Round round, String what) {
    DraftNodes wanted = executed.round(round, false);
    DraftNodes found = recorded.round(round, true);
    assertThat(wanted.tokens()).hasSize(NODES);
    assertThat(found.tokens()).as(what).isEqualTo(wanted.tokens());
    assertThat(found.parents()).as(what).isEqualTo(wanted.parents());
    assertThat(found.logProbabilities()).as(what).isEqualTo(wanted.logProbabilities());
    assertThat(recorded.allGuesses()).as(what).isEqualTo(executed.allGuesses());
  }

  @Test
  void aRecordedSequenceGivesWhatExecutingGives() {
    for (int i = 0; i < 7; i++) {
      compare(recorded, Round.of(i), "round " + i);
      if (i == 1) {
        // One call begins the recording, one ends it, and two have it run and mark its end.
        assertThat(recorded.calls).isEqualTo(executed.calls + 4);
      } else if (i > 1) {
        assertThat(recorded.calls).isEqualTo(2);
      }
    }
    assertThat(executed.calls).isGreaterThan(30);
  }

  @Test
  void whatLiesElsewhereIsRecordedAnew() {
    for (int i = 0; i < 3; i++) {
      compare(recorded, Round.of(i), "round " + i);
    }
    assertThat(recorded.calls).isEqualTo(2);
    int[] widths = {20};
    TreeGrowth larger =
        new TreeGrowth(
            new Sampler(SamplingOptions.GREEDY, 100_000),
            null,
            new int[4],
            3,
            new int[0],
            widths,
            TreeGrowth.NO_FLOOR);
    recorded.tree.begin(larger, 0);
    for (int i = 3; i < 7; i++) {
      compare(recorded, Round.of(i), "round " + i);
    }
    assertThat(recorded.calls).isEqualTo(2);
  }

  @Test
  void aDriverThatRecordsNothingExecutes() {
    // As many calls as before the operations of round 1, and one more.
    Side counting = side(0);
    compare(counting, Round.of(0), "round 0");
    counting.round(Round.of(1), false);
    long recording = counting.driver.calls() - counting.calls - CALLS_OF_READ + 1;
    Side refusing = side(recording);
    for (int i = 0; i < 4; i++) {
      compare(refusing, Round.of(i), "round " + i);
      if (i > 0) {
        assertThat(refusing.calls).isEqualTo(executed.calls + (i == 1 ? 2 : 1));
      }
    }
  }

  @Test
  void anOperationThatFailsEndsTheRecording() {
    boolean[] fails = {false};
    IllegalArgumentException wrong = new IllegalArgumentException("wrong");
    CudaDevice gpu = recorded.device;
    Rows x = recorded.x;
    try (Sequence sequence =
        gpu.sequence(() -> {
          gpu.silu(1, x);
          if (fails[0]) {
            throw wrong;
          }
        })) {
      sequence.run();
      fails[0] = true;
      assertThatThrownBy(sequence::run).isSameAs(wrong);
      fails[0] = false;
      sequence.run();
      sequence.run();
    }
    compare(recorded, Round.of(0), "afterwards");
  }

  @Test
  void nothingCrossesInARecordedSequence() {
    CudaDevice gpu = recorded.device;
    TreeBatch batch = TreeBatch.chain(4, 2);
    List<Runnable> wrong =
        List.of(
            () -> gpu.write(new float[WIDTH], 0, 1, recorded.x),
            () -> gpu.embed(recorded.table, batch, recorded.x));
    for (Runnable operation : wrong) {
      try (Sequence sequence = gpu.sequence(operation)) {
        sequence.run();
        assertThatThrownBy(sequence::run)
            .isInstanceOf(IllegalStateException.class)
            .hasMessage("an operation of a sequence crosses to or from the GPU");
      }
    }
    compare(recorded, Round.of(0), "afterwards");
  }

  /**
   * Where nothing can be guessed, levels are filled up with nodes that every operation can take.
   */
  @Test
  void nodesWithoutTokensPassAsTokenZero() {
    executed.guess = Float.NaN;
    DraftNodes nodes = executed.round(Round.of(1), false);
    assertThat(nodes.tokens()).isEqualTo(Round.of(1).given);
    float[] zero = new float[WIDTH];
    executed.device.embed(executed.table, TreeBatch.chain(0), executed.x);
    executed.device.read(executed.x, 1, zero, 0);
    executed.device.embed(executed.table, executed.batch, executed.x);
    int n = executed.batch.size();
    float[] rows = new float[n * WIDTH];
    executed.device.read(executed.x, n, rows, 0);
    for (int i = 0; i < n; i++) {
      assertThat(Arrays.copyOfRange(rows, i * WIDTH, (i + 1) * WIDTH)).isEqualTo(zero);
    }
    executed.guess = 0;
    compare(recorded, Round.of(2), "afterwards");
  }

  /** A grown tree's nodes are to all operations those of a batch which knows them. */
  @Test
  void grownNodesAreLikeKnownOnes() {
    DraftNodes nodes = executed.round(Round.of(1), false);
    float[] guesses = executed.allGuesses();
    Side known = side(0);
    known.known = nodes;
    known.round(Round.of(1), false);
    assertThat(known.allGuesses()).isEqualTo(guesses);
  }
}
