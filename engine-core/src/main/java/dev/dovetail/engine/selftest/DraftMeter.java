package dev.dovetail.engine.selftest;

import dev.dovetail.engine.decoder.DecoderShape;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceFailure;
import dev.dovetail.engine.device.TreeGrowth;
import dev.dovetail.engine.round.AcceptedTokens;
import dev.dovetail.engine.round.DraftModel;
import dev.dovetail.engine.round.DraftProvider;
import dev.dovetail.engine.round.DraftTarget;
import dev.dovetail.engine.round.Drafter;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.Sampler;
import dev.dovetail.engine.sampling.SamplingOptions;
import dev.dovetail.models.ModelConfig;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.StreamSupport;

/**
 * How fast a device drafts, by drafts of random weights: speed does not depend on what they are.
 * For one thread.
 */
public final class DraftMeter {
  private static final List<Integer> WIDTHS = List.of(4, 1);
  private static final int LEVELS = 4;
  private static final int MORE_LEVELS = 12;

  /**
   * The first round of a shape executes its operations, the second records them; and again where
   * another shape's first round moved memory.
   */
  private static final int ROUNDS_UNTIL_RECORDED = 3;

  private final Device device;
  private final DraftSizes sizes;
  private final long seed;
  private final Consumer<String> progress;

  /**
   * @param device whose memory is used as far as it goes, and given back
   * @param seed of the random numbers
   * @param progress is told what comes next
   */
  public DraftMeter(Device device, DraftSizes sizes, long seed, Consumer<String> progress) {
    this.device = device;
    this.sizes = sizes;
    this.seed = seed;
    this.progress = progress;
  }

  /**
   * Measures {@link DraftSizes#drafts}, one after the other. A draft that finds no room is skipped.
   *
   * @throws IllegalStateException if the device fails otherwise, the cause being its {@link
   *     DeviceFailure}; or if no draft network is on the class path
   */
  public List<DraftSpeed> run() {
    List<DraftSpeed> speeds = new ArrayList<>();
    for (DraftSize size : sizes.drafts()) {
      progress.accept("drafting, " + size);
      speeds.add(speed(size));
    }
    return speeds;
  }

  private DraftSpeed speed(DraftSize size) {
    if (device.memoryBudget().isPresent()) {
      long free = device.memoryBudget().getAsLong() - device.heldBytes().orElse(0);
      if (size.bytes() > free) {
        return DraftSpeed.skipped(
            size, "needs %d bytes for its weights, %d are free".formatted(size.bytes(), free));
      }
    }
    // Threads of the device's own may read the weights, and an embedding may stay where it is.
    try (Arena arena = Arena.ofShared();
        DraftModel model = load(size, arena)) {
      List<DraftRounds> rounds = new ArrayList<>();
      for (int width : WIDTHS) {
        rounds.add(rounds(model, size, width));
      }
      return new DraftSpeed(size, Optional.empty(), rounds);
    } catch (DeviceFailure e) {
      if (e.lasting()) {
        throw new IllegalStateException("%s: drafting failed".formatted(e.getMessage()), e);
      }
      return DraftSpeed.skipped(size, e.getMessage());
    }
  }

  private DraftModel load(DraftSize size, Arena arena) {
    SplittableRandom random = new SplittableRandom(seed);
    // A product of so large weights is as large as its input, so that no step overflows.
    double one = 1 / Math.sqrt(size.hidden());
    MemorySegment matrix =
        RandomWeights.repeated(size.type(), size.largestMatrix(), one, random, arena);
    MemorySegment norm = RandomWeights.repeated(TensorType.F32, size.hidden(), 1, random, arena);
    // The same numbers everywhere: the device has a copy for each tensor.
    DraftProvider.Weights weights =
        (name, shape) ->
            shape.size() == 1
                ? tensor(name, TensorType.F32, shape, norm)
                : tensor(name, size.type(), shape, matrix);
    Tensor table = weights.tensor("head", List.of((long) size.vocabulary(), (long) size.hidden()));
    ModelConfig config = size.config();
    DraftTarget target = new DraftTarget(config, table, table, device);
    return StreamSupport.stream(ServiceLoader.load(DraftProvider.class).spliterator(), false)
        .map(provider -> provider.made(DecoderShape.of(config), weights, target))
        .flatMap(Optional::stream)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no draft network is on the class path"));
  }

  private static Tensor tensor(
      String name, TensorType type, List<Long> shape, MemorySegment numbers) {
    long elements = shape.stream().reduce(1L, Math::multiplyExact);
    return new Tensor(name, type, shape, numbers.asSlice(0, type.bytes(elements)));
  }

  private DraftRounds rounds(DraftModel model, DraftSize size, int width) {
    TreeShape one = new TreeShape(1, width);
    TreeShape tree = new TreeShape(LEVELS, width);
    TreeShape deeper = new TreeShape(MORE_LEVELS, width);
    Sampler sampler = new Sampler(SamplingOptions.GREEDY, size.vocabulary());
    double executed = executed(model, size, tree, sampler);
    try (Drafter drafter = model.newDrafter(sizes.promptTokens() + 1)) {
      int[] context = extend(drafter, size);
      List<TreeShape> shapes = List.of(one, tree, deeper);
      double[][] micros = new double[shapes.size()][sizes.rounds()];
      for (int round = -ROUNDS_UNTIL_RECORDED; round < sizes.rounds(); round++) {
        for (int i = 0; i < shapes.size(); i++) {
          double took = micros(drafter, shapes.get(i), context, sampler);
          if (round >= 0) {
            micros[i][round] = took;
          }
        }
      }
      return new DraftRounds(
          model.shape().orElseThrow(),
          tree,
          deeper,
          median(micros[0]),
          median(micros[1]),
          median(micros[2]),
          executed);
    }
  }

  /** Of the first round of a drafter each, but for the very first, which loads kernels. */
  private double executed(DraftModel model, DraftSize size, TreeShape tree, Sampler sampler) {
    TreeShape other = new TreeShape(1, tree.width());
    double[] micros = new double[sizes.rounds()];
    for (int i = -1; i < micros.length; i++) {
      try (Drafter drafter = model.newDrafter(sizes.promptTokens() + 1)) {
        int[] context = extend(drafter, size);
        // Reading a tree waits for the prompt, which is only queued.
        drafter.draft(other, TreeGrowth.NO_FLOOR, context, sizes.promptTokens() + 1, sampler);
        double took = micros(drafter, tree, context, sampler);
        if (i >= 0) {
          micros[i] = took;
        }
      }
    }
    return median(micros);
  }

  /** Passes a prompt of random features and tokens; the tokens, with room for a tree behind. */
  private int[] extend(Drafter drafter, DraftSize size) {
    int prompt = sizes.promptTokens();
    SplittableRandom random = new SplittableRandom(seed);
    short[] features = new short[prompt * size.hidden()];
    for (int i = 0; i < features.length; i++) {
      features[i] = Float.floatToFloat16(2 * random.nextFloat() - 1);
    }
    int[] context = new int[prompt + 1 + TreeShape.MAX_NODES];
    for (int i = 0; i <= prompt; i++) {
      context[i] = random.nextInt(size.vocabulary());
    }
    drafter.extend(
        new AcceptedTokens(0, prompt, features, Arrays.copyOfRange(context, 1, prompt + 1)));
    return context;
  }

  private double micros(Drafter drafter, TreeShape shape, int[] context, Sampler sampler) {
    long start = System.nanoTime();
    drafter.draft(shape, TreeGrowth.NO_FLOOR, context, sizes.promptTokens() + 1, sampler);
    return (System.nanoTime() - start) / 1e3;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }
}
