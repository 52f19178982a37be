package dev.dovetail.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.engine.decoder.TargetWeights;
import dev.dovetail.engine.device.DeviceOptions;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.round.AcceptedTokens;
import dev.dovetail.engine.round.DraftModel;
import dev.dovetail.engine.round.Drafter;
import dev.dovetail.engine.round.TokenTree;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.Sampler;
import dev.dovetail.engine.testing.SmallDevice;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.load.Model;
import dev.dovetail.models.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an engine owns, and that it gives it back once. */
class EngineTest {
  private static final int CONTEXT = 64;

  @TempDir private static Path folder;

  private static Path file;

  @BeforeAll
  static void write() throws IOException {
    file = TinyModels.write(folder.resolve("model.gguf"), "llama", TensorType.Q8_0, 1);
  }

  private static Engine engine(SmallDevice device, DraftModel draft) {
    Model model = Model.open(file);
    return new Engine(
        model,
        device,
        new SharedGpu(Optional.empty(), DeviceOptions.DEFAULT, warning -> {}),
        TargetWeights.load(model, device),
        Optional.of(new DraftLoader.Loaded(draft, Optional.empty(), warning -> {})),
        false,
        CONTEXT,
        Optional.of(TreeShape.NONE),
        warning -> {},
        0);
  }

  /** Its drafters take one buffer each; it fails to close if told so. */
  private record BufferDraft(SmallDevice device, boolean failsToClose) implements DraftModel {
    @Override
    public String name() {
      return "buffer";
    }

    @Override
    public Drafter newDrafter(int capacity) {
      return new BufferDrafter(Rows.allocate(device, 1, 1));
    }

    @Override
    public void close() {
      if (failsToClose) {
        throw new IllegalStateException("the draft does not close");
      }
    }
  }

  private record BufferDrafter(Rows rows) implements Drafter {
    @Override
    public String name() {
      return "buffer";
    }

    @Override
    public boolean readsFeatures() {
      return false;
    }

    @Override
    public void extend(AcceptedTokens accepted) {}

    @Override
    public TokenTree draft(
        TreeShape shape, float floor, int[] context, int length, Sampler sampler) {
      return TokenTree.EMPTY;
    }

    @Override
    public void truncate(int tokens) {}

    @Override
    public void close() {
      rows.buffer().close();
    }
  }

  @Test
  void aSessionThatDoesNotFitLeavesNothing() {
    SmallDevice roomy = new SmallDevice(Integer.MAX_VALUE);
    Engine whole = engine(roomy, new BufferDraft(roomy, false));
    int weights = roomy.taken();
    whole.newSession().close();
    assertThat(roomy.open()).isEqualTo(weights);
    assertThat(roomy.taken()).isGreaterThan(weights + 8);
    whole.close();
    assertThat(roomy.open()).isZero();

    for (int room = weights; room < roomy.taken(); room++) {
      SmallDevice small = new SmallDevice(room);
      try (Engine engine = engine(small, new BufferDraft(small, false))) {
        assertThatThrownBy(engine::newSession)
            .hasMessage("the device has room for %d handles", room)
            .hasNoSuppressedExceptions();
        assertThat(small.open()).as("open of %d", room).isEqualTo(weights);
      }
    }
  }

  @Test
  void aBatchThatDoesNotFitLeavesNothing() {
    SmallDevice roomy = new SmallDevice(Integer.MAX_VALUE);
    Engine whole = engine(roomy, new BufferDraft(roomy, false));
    int weights = roomy.taken();
    BatchGenerator batch = whole.newBatch(3);
    assertThat(roomy.open()).isGreaterThan(weights + 8);
    batch.close();
    batch.close();
    assertThat(roomy.open()).isEqualTo(weights);
    whole.close();
    assertThatThrownBy(() -> whole.newBatch(3)).hasMessage("the engine is closed");

    for (int room = weights; room < roomy.taken(); room++) {
      SmallDevice small = new SmallDevice(room);
      try (Engine engine = engine(small, new BufferDraft(small, false))) {
        assertThatThrownBy(() -> engine.newBatch(3))
            .hasMessage("the device has room for %d handles", room);
        assertThat(small.open()).as("open of %d", room).isEqualTo(weights);
      }
    }
  }

  @Test
  void aBatchRunsWhereTheTargetIs() {
    SmallDevice device = new SmallDevice(Integer.MAX_VALUE);
    SmallDevice gpu = new SmallDevice(Integer.MAX_VALUE);
    Model model = Model.open(file);
    try (Engine engine =
        new Engine(
            model,
            device,
            new SharedGpu(Optional.empty(), DeviceOptions.DEFAULT, warning -> {}),
            TargetWeights.load(model, device, Optional.empty(), gpu, 2),
            Optional.empty(),
            false,
            CONTEXT,
            Optional.of(TreeShape.NONE),
            warning -> {},
            0)) {
      assertThatThrownBy(() -> engine.newBatch(1))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              "a batch runs on the CPU alone, and 2 layers are on a GPU: build the engine with"
                  + " gpuLayers(0)");
    }
  }

  @Test
  void closesOnceAndAllOfIt() {
    SmallDevice device = new SmallDevice(Integer.MAX_VALUE);
    Engine engine = engine(device, new BufferDraft(device, true));
    Session session = engine.newSession();
    session.close();
    session.close();
    assertThatThrownBy(engine::close).hasMessage("the draft does not close");
    assertThat(device.open()).isZero();
    assertThat(device.closed()).isEqualTo(1);
    assertThat(device.lock().isLocked()).isFalse();
    engine.close();
    assertThat(device.closed()).isEqualTo(1);
  }

  @Test
  void nothingBeginsOnceItIsClosed() {
    SmallDevice device = new SmallDevice(Integer.MAX_VALUE);
    Engine engine = engine(device, new BufferDraft(device, false));
    Session session = engine.newSession();
    Session other = engine.newSession();
    other.close();
    assertThatThrownBy(() -> other.generate(new int[] {5}, GenerationOptions.greedy(), t -> {}))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the session is closed");
    engine.close();
    assertThatThrownBy(() -> session.generate(new int[] {5}, GenerationOptions.greedy(), t -> {}))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the engine is closed");
    assertThatThrownBy(engine::newSession).hasMessage("the engine is closed");
    assertThatThrownBy(engine::newTarget).hasMessage("the engine is closed");
    session.close();
    assertThat(device.open()).isZero();
  }
}
