package dev.dovetail.engine;

import dev.dovetail.engine.decoder.TargetWeights;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceOptions;
import dev.dovetail.engine.device.DeviceProvider;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.device.OperationTimes;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.load.Model;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.ServiceLoader;
import java.util.function.Consumer;
import java.util.stream.StreamSupport;

/**
 * The way in.
 *
 * {@snippet :
 * try (Engine engine = Dovetail.open(path).draft(Draft.auto()).build();
 *     Chat chat = engine.newChat()) {
 *   chat.send("Hello!", token -> System.out.print(token.text()));
 * }
 * }
 */
public final class Dovetail {
  private Dovetail() {}

  /**
   * Starts to open a GGUF file (the first of split ones); nothing is read before {@link
   * Builder#build}.
   */
  public static Builder open(Path model) {
    return new Builder(model);
  }

  /**
   * Starts, in the background, what takes time and needs no model: for programs that still have to
   * find theirs. {@link Builder#build} does it otherwise. Does nothing when repeated.
   */
  public static void warmUp() {
    cpu().warmUp();
  }

  /**
   * Bits of memory that a weight of a type takes on the CPU, its share of the scales included: some
   * types are unpacked to more than they take in a file.
   *
   * @throws IllegalArgumentException for a type that is not one of weights
   */
  public static double packedBits(TensorType type) {
    return cpu().packedBits(type);
  }

  private static DeviceProvider cpu() {
    return device("cpu")
        .orElseThrow(() ->
            new IllegalStateException(
                "no CPU device was found: add dev.dovetail:verify-cpu to the class path"));
  }

  /** Devices of a kind, if their module is on the class path. */
  static Optional<DeviceProvider> device(String kind) {
    return StreamSupport.stream(ServiceLoader.load(DeviceProvider.class).spliterator(), false)
        .filter(provider -> provider.kind().equals(kind))
        .findFirst();
  }

  private static void log(String warning) {
    System.getLogger(Dovetail.class.getName()).log(System.Logger.Level.WARNING, warning);
  }

  /** What may be chosen before the weights are loaded. For one thread. */
  public static final class Builder {
    private final Path path;
    private Draft draft = Draft.auto();
    private DraftPlace place = DraftPlace.AUTO;
    private DeviceOptions device = DeviceOptions.DEFAULT;
    private OptionalInt gpuLayers = OptionalInt.empty();
    private Consumer<String> warnings = Dovetail::log;
    private Optional<TreeShape> tree = Optional.empty();
    private int context;
    private Optional<Path> weightCache = Optional.empty();
    private Optional<OperationTimes> times = Optional.empty();

    private Builder(Path path) {
      this.path = Objects.requireNonNull(path);
    }

    /** Who guesses; {@link Draft#auto} unless chosen. */
    public Builder draft(Draft choice) {
      draft = Objects.requireNonNull(choice);
      return this;
    }

    /** Where the draft runs; {@link DraftPlace#AUTO} unless chosen. */
    public Builder draftPlace(DraftPlace choice) {
      place = Objects.requireNonNull(choice);
      return this;
    }

    /**
     * How many of the model's layers, the first ones, run on a GPU, more than it has being all of
     * them. Unless chosen, as many as its memory holds beside the draft, none without a GPU; a
     * number that does not fit becomes that one, with a warning. Where layers run may change the
     * text, a draft does not: to compare texts, choose.
     *
     * @param count at least 0; with more, {@link #build} needs a GPU
     */
    public Builder gpuLayers(int count) {
      if (count < 0) {
        throw new IllegalArgumentException("a GPU runs 0 layers or more; found " + count);
      }
      gpuLayers = OptionalInt.of(count);
      return this;
    }

    /** Most bytes of a GPU's memory to use; 0, the default, takes what is free there. */
    public Builder vram(long bytes) {
      device = new DeviceOptions(device.threads(), device.kv(), bytes);
      return this;
    }

    /**
     * Who is told, in one line, when something goes on in a lesser way, as when a GPU fails; on
     * whatever thread it happens. Unless chosen, {@link System.Logger} is.
     */
    public Builder onWarning(Consumer<String> listener) {
      warnings = Objects.requireNonNull(listener);
      return this;
    }

    /** Worker threads; 0, the default, takes the performance cores that this process may use. */
    public Builder threads(int count) {
      device = new DeviceOptions(count, device.kv(), device.memoryBytes());
      return this;
    }

    /**
     * How keys and values of the context are kept, the draft's too; {@link KvType#F32} unless
     * chosen. {@link KvType#F16} takes half the memory, and changes the text a little.
     */
    public Builder kv(KvType type) {
      device = new DeviceOptions(device.threads(), type, device.memoryBytes());
      return this;
    }

    /**
     * How large trees are in every round, unless a generation chooses; a lookup's is a chain as
     * deep. Without either, rounds take what pays, which is learnt as they go.
     */
    public Builder tree(TreeShape shape) {
      tree = Optional.of(shape);
      return this;
    }

    /**
     * Most tokens of a session; 0, the default, takes what the model was made for. Memory is taken
     * as it fills.
     */
    public Builder context(int tokens) {
      if (tokens < 0 || tokens == 1) {
        throw new IllegalArgumentException(
            "a context holds at least 2 tokens (0: the model's own); found " + tokens);
      }
      context = tokens;
      return this;
    }

    /**
     * Keeps the weights as the device packs them in a folder, so that later starts load them in no
     * time. The first one writes them in the background, about as many bytes as the model's file
     * has, and {@link Engine#close} waits for that. Nothing is kept unless a folder is named.
     *
     * @param folder for this very file's contents and no other's; made where it is missing
     */
    public Builder weightCache(Path folder) {
      weightCache = Optional.of(folder);
      return this;
    }

    /** Adds up how long the device's operations take; for measuring. */
    public Builder timed(OperationTimes totals) {
      times = Optional.of(totals);
      return this;
    }

    /**
     * Loads the model and its draft.
     *
     * @throws ModelFormatException if a file cannot be used
     * @throws java.io.UncheckedIOException if a file cannot be read
     * @throws IllegalArgumentException if the context is larger than the model's
     * @throws IllegalStateException if no device is on the class path, or a GPU is needed and none
     *     can be used
     */
    public Engine build() {
      long start = System.nanoTime();
      warmUp();
      Model model = Model.open(path);
      SharedGpu gpu = new SharedGpu(device("cuda"), device, warnings);
      Device opened = null;
      Optional<DraftLoader.Loaded> drafting = Optional.empty();
      TargetWeights weights = null;
      try {
        int tokens = context(model);
        Device plain = cpu().open(device);
        opened = times.map(totals -> totals.of(plain)).orElse(plain);
        opened.warmUp(TargetWeights.types(model));
        // The draft first: it gains most on a GPU, and one that does not fit is refused before the
        // large model is packed.
        drafting = new DraftLoader(draft.model(), place, gpu, warnings).load(model, opened);
        weights =
            new TargetLoader(gpuLayers, gpu, device.kv(), tokens, weightCache, warnings)
                .load(model, opened, drafting);
        if (onGpu(drafting) && gpu.unavailable().isPresent()) {
          // It failed as the layers were loaded, which has been said.
          drafting.get().close();
          drafting = Optional.empty();
          drafting = new DraftLoader(draft.model(), place, gpu, said -> {}).load(model, opened);
        }
        if (!onGpu(drafting) && weights.layersElsewhere() == 0) {
          gpu.close();
        }
        // Built by another thread meanwhile; what is wrong with it is an error of opening.
        model.tokenizer();
        double loadMs = (System.nanoTime() - start) / 1e6;
        return new Engine(
            model, opened, gpu, weights, drafting, draft.looksUp(), tokens, tree, warnings, loadMs);
      } catch (RuntimeException | Error e) {
        try {
          Engine.closeAll(model, opened, gpu, weights, drafting);
        } catch (RuntimeException | Error closing) {
          e.addSuppressed(closing);
        }
        throw MappedFileFault.explained(path, e);
      }
    }

    private static boolean onGpu(Optional<DraftLoader.Loaded> draft) {
      return draft.filter(DraftLoader.Loaded::onGpu).isPresent();
    }

    private int context(Model model) {
      int most = model.config().contextLength();
      if (context > most) {
        throw new IllegalArgumentException(
            "a context of %d tokens is larger than the %d that the model was made for"
                .formatted(context, most));
      }
      return context == 0 ? most : context;
    }
  }
}
