package dev.dovetail.engine;

import dev.dovetail.engine.decoder.PassWork;
import dev.dovetail.engine.decoder.SpareLayers;
import dev.dovetail.engine.decoder.TargetWeights;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceFailure;
import dev.dovetail.engine.device.DeviceProvider;
import dev.dovetail.engine.plan.ModelShape;
import dev.dovetail.engine.round.AdaptiveTrees;
import dev.dovetail.engine.round.DecoderTarget;
import dev.dovetail.engine.round.Drafter;
import dev.dovetail.engine.round.GuardedDrafter;
import dev.dovetail.engine.round.GuardedTarget;
import dev.dovetail.engine.round.LaneTarget;
import dev.dovetail.engine.round.NoDrafter;
import dev.dovetail.engine.round.SpeculativeDecoder;
import dev.dovetail.engine.round.Target;
import dev.dovetail.engine.round.TreePolicy;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.models.ModelConfig;
import dev.dovetail.models.chat.ChatTemplate;
import dev.dovetail.models.load.Model;
import dev.dovetail.models.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * A model ready to generate: weights, the draft's weights, and the device they run on, shared by
 * any number of sessions. Safe for use by several threads; sessions are not. Passes of different
 * sessions take turns on the device.
 *
 * <p>Close sessions before the engine. A session that generates when the engine is closed ends with
 * an {@link IllegalStateException} after its current pass.
 */
public final class Engine implements AutoCloseable {
  private final Model model;
  private final Device device;
  private final SharedGpu gpu;
  private final TargetWeights weights;
  private final Optional<SpareLayers> spare;
  private final Optional<DraftLoader.Loaded> draft;
  private final boolean lookup;
  private final Consumer<String> warnings;
  private final AtomicBoolean layersLost = new AtomicBoolean();
  private final AtomicBoolean draftLost = new AtomicBoolean();
  private final AtomicReference<String> gpuLost = new AtomicReference<>();
  private final int context;
  private final Optional<TreeShape> tree;
  private final AdaptiveTrees treesOfGreedy;
  private final AdaptiveTrees treesOfSampled;
  private final double loadMs;
  private final AtomicBoolean closed = new AtomicBoolean();

  Engine(
      Model model,
      Device device,
      SharedGpu gpu,
      TargetWeights weights,
      Optional<DraftLoader.Loaded> draft,
      boolean lookup,
      int context,
      Optional<TreeShape> tree,
      Consumer<String> warnings,
      double loadMs) {
    this.model = model;
    this.device = device;
    this.gpu = gpu;
    this.weights = weights;
    spare =
        weights.layersElsewhere() == 0
            ? Optional.empty()
            : Optional.of(new SpareLayers(model, weights));
    this.draft = draft;
    this.lookup = lookup;
    treesOfGreedy = new AdaptiveTrees(false, lookup);
    treesOfSampled = new AdaptiveTrees(true, lookup);
    this.context = context;
    this.tree = tree;
    this.warnings = warnings;
    this.loadMs = loadMs;
  }

  /** The model's numbers, such as its layers and widths. */
  public ModelConfig config() {
    return model.config();
  }

  /** Turns text into token ids and back; safe for use by several threads. */
  public Tokenizer tokenizer() {
    return model.tokenizer();
  }

  /** The model's chat template, if its file has one. */
  public Optional<ChatTemplate> chatTemplate() {
    return model.chatTemplate();
  }

  /** Most tokens of a session, prompt and answer together. */
  public int context() {
    return context;
  }

  /**
   * What the target runs on, but for {@link #gpuLayers}; belongs to the engine. It chooses tokens.
   */
  public Device device() {
    return device;
  }

  /**
   * How many of the target's layers, the first ones, run on a GPU; 0 once that has failed for good.
   */
  public int gpuLayers() {
    return layersLost.get() ? 0 : weights.layersElsewhere();
  }

  /** What a pass of the target has to read and to compute on {@link #device}. */
  public PassWork passWork() {
    int onGpu = gpuLayers();
    return onGpu == 0 ? PassWork.of(model) : ModelShape.of(model).cpuWork(onGpu);
  }

  /**
   * Who guesses: {@code lookup}, the draft model's name, with the GPU if it runs there, or both; or
   * {@code none}.
   */
  public String draftName() {
    return withLookup(draft.map(DraftLoader.Loaded::name).orElse(NoDrafter.NAME));
  }

  /** A drafter's name with that of the lookup before it. */
  String withLookup(String drafter) {
    if (!lookup) {
      return drafter;
    }
    return drafter.equals(NoDrafter.NAME) ? "lookup" : "lookup + " + drafter;
  }

  /** The GPU's memory in use, which grows with the sessions. */
  long gpuBytes() {
    return gpu.heldBytes();
  }

  /**
   * Why a GPU stays off, for as long as this process runs; empty where none has failed for good.
   */
  Optional<String> gpuLost() {
    return Optional.ofNullable(gpuLost.get())
        .or(() -> Dovetail.device("cuda").flatMap(DeviceProvider::lost));
  }

  Path path() {
    return model.tensors().path();
  }

  double loadMs() {
    return loadMs;
  }

  TreePolicy newPolicy(GenerationOptions options) {
    if (!lookup && (draft.isEmpty() || draftLost.get())) {
      return TreePolicy.fixed(TreeShape.NONE, false);
    }
    AdaptiveTrees trees = options.sampling().temperature() > 0 ? treesOfSampled : treesOfGreedy;
    return options
        .tree()
        .or(() -> tree)
        .map(shape -> TreePolicy.fixed(shape, lookup))
        .orElseGet(trees::newPolicy);
  }

  /**
   * A new sequence of tokens, for callers that give ids. The caller closes it.
   *
   * @throws IllegalStateException if the engine is closed
   */
  public Session newSession() {
    Target target = newTarget();
    Drafter drafter = null;
    try {
      drafter = newDrafter();
      return new Session(this, new SpeculativeDecoder(target, drafter));
    } catch (RuntimeException | Error e) {
      try (Target _ = target;
          Drafter _ = drafter) {
        throw e;
      }
    }
  }

  private Drafter newDrafter() {
    if (draft.isEmpty() || draftLost.get()) {
      return new NoDrafter();
    }
    try {
      return new GuardedDrafter(
          draft.get().model().newDrafter(context), draft.get().name(), this::loseDraft);
    } catch (DeviceFailure e) {
      loseDraft(e);
      return new NoDrafter();
    }
  }

  private void loseDraft(DeviceFailure failure) {
    lose(failure, draftLost, "the draft is lost, and the text goes on without it: ");
  }

  /**
   * One session has lost its part on a device. If the device is, no other session tries it again;
   * and a GPU that goes with both draft and layers is told of once.
   */
  private void lose(DeviceFailure failure, AtomicBoolean lost, String what) {
    if (!failure.lasting()) {
      warnings.accept(what + failure.getMessage());
    } else if (lost.compareAndSet(false, true)) {
      boolean first = gpuLost.compareAndSet(null, failure.getMessage());
      if (!draftBesideLayers()) {
        warnings.accept(what + failure.getMessage());
      } else if (first) {
        warnings.accept(
            "the GPU is lost: the text goes on without its draft, the CPU goes on with its layers, and"
                + " the text may differ from here on: "
                + failure.getMessage());
      }
    }
  }

  private boolean draftBesideLayers() {
    return spare.isPresent() && draft.filter(DraftLoader.Loaded::onGpu).isPresent();
  }

  /**
   * The target by itself on a new sequence, for callers that want logits or features. The caller
   * closes it.
   *
   * @throws IllegalStateException if the engine is closed
   */
  public Target newTarget() {
    checkOpen();
    if (spare.isEmpty()) {
      return new DecoderTarget(weights, context);
    }
    if (layersLost.get()) {
      return spareTarget();
    }
    try {
      return new GuardedTarget(
          new DecoderTarget(weights, context), this::spareTarget, this::loseLayers);
    } catch (DeviceFailure e) {
      loseLayers(e);
      return spareTarget();
    }
  }

  private Target spareTarget() {
    checkOpen();
    return new DecoderTarget(spare.orElseThrow().whole(), context);
  }

  private void loseLayers(DeviceFailure failure) {
    lose(
        failure,
        layersLost,
        "the layers on the GPU are lost, the CPU goes on with them, and the text may differ from here"
            + " on: ");
  }

  /**
   * Continues many prompts at once, without a draft. The caller closes it.
   *
   * @param lanes texts at once, 1 to {@link LaneTarget#MAX_PASS_TOKENS}; each takes memory for its
   *     own keys and values as it grows
   * @throws IllegalStateException if the engine is closed, or layers of it are on a GPU
   */
  public BatchGenerator newBatch(int lanes) {
    checkOpen();
    if (lanes < 1 || lanes > LaneTarget.MAX_PASS_TOKENS) {
      throw new IllegalArgumentException(
          "a batch has 1 to %d texts at once; found %d"
              .formatted(LaneTarget.MAX_PASS_TOKENS, lanes));
    }
    if (spare.isPresent()) {
      throw new IllegalStateException(
          "a batch runs on the CPU alone, and %d layers are on a GPU: build the engine with gpuLayers(0)"
              .formatted(weights.layersElsewhere()));
    }
    return new BatchGenerator(this, new LaneTarget(weights), lanes);
  }

  /**
   * A new conversation. The caller closes it.
   *
   * @throws IllegalArgumentException if the model's file has no chat template
   */
  public Chat newChat() {
    return new Chat(this);
  }

  /**
   * Continues a text as it stands, without a chat template, in a session of its own: threads may
   * call this at once.
   *
   * @see Session#generate
   */
  public Completion complete(String text, GenerationOptions options, Consumer<Token> sink) {
    try (Session session = newSession()) {
      return session.generate(rawPrompt(text), options, sink);
    }
  }

  /**
   * The ids of a raw text, behind the begin-of-text token where the model wants one; special
   * spellings stay text.
   */
  public int[] rawPrompt(String text) {
    return rawPrompt(text, false);
  }

  /**
   * The same.
   *
   * @param parseSpecial whether spellings of special tokens become those tokens; a text that begins
   *     with the begin-of-text token then gets no other
   */
  public int[] rawPrompt(String text, boolean parseSpecial) {
    int[] ids = tokenizer().encode(text, parseSpecial);
    int begin = tokenizer().beginOfText();
    if (begin < 0 || parseSpecial && ids.length > 0 && ids[0] == begin) {
      return ids;
    }
    int[] withBegin = new int[ids.length + 1];
    withBegin[0] = begin;
    System.arraycopy(ids, 0, withBegin, 1, ids.length);
    return withBegin;
  }

  /**
   * Refuses a prompt that no session can continue.
   *
   * @throws IllegalArgumentException if it has no tokens, does not fit the context, or names tokens
   *     that do not exist
   */
  public void checkPrompt(int[] prompt) {
    if (prompt.length == 0) {
      throw new IllegalArgumentException(
          "the prompt has no tokens, and this model has no begin-of-text token: give some text");
    }
    if (prompt.length >= context) {
      throw new IllegalArgumentException(
          "the prompt has %d tokens, the context holds %d: shorten it or choose a larger context"
              .formatted(prompt.length, context));
    }
    for (int id : prompt) {
      if (id < 0 || id >= config().vocabulary()) {
        throw new IllegalArgumentException(
            "token id %d is outside the vocabulary of %d".formatted(id, config().vocabulary()));
      }
    }
  }

  void checkOpen() {
    if (closed.get()) {
      throw new IllegalStateException("the engine is closed");
    }
  }

  /** Frees weights, threads and file, once the current pass has ended. Harmless when repeated. */
  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    ReentrantLock lock = device.lock();
    lock.lock();
    try {
      try {
        spare.ifPresent(SpareLayers::close);
      } finally {
        closeAll(model, device, gpu, weights, draft);
      }
    } catch (DeviceFailure e) {
      warnings.accept("the GPU's memory is not given back: " + e.getMessage());
    } finally {
      lock.unlock();
    }
  }

  /**
   * Closes what an engine is made of, the last first, all of it even if one fails.
   *
   * @param device or null, as are the weights, if it did not come so far
   */
  static void closeAll(
      Model model,
      Device device,
      SharedGpu gpu,
      TargetWeights weights,
      Optional<DraftLoader.Loaded> draft) {
    try (Model _ = model;
        Device _ = device;
        SharedGpu _ = gpu;
        TargetWeights _ = weights;
        DraftLoader.Loaded _ = draft.orElse(null)) {
      // Only to be closed.
    }
  }
}
