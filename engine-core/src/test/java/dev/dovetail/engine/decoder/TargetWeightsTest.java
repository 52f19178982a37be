package dev.dovetail.engine.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.engine.testing.SmallDevice;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.load.Model;
import dev.dovetail.models.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TargetWeightsTest {
  @TempDir private Path folder;

  /** The model has biases, or norms of q and k: every kind of weight there is. */
  @ParameterizedTest
  @ValueSource(strings = {"qwen2", "qwen3"})
  void aDeviceThatIsFullHoldsNothingAfterwards(String architecture) throws IOException {
    Path path = TinyModels.write(folder.resolve("model.gguf"), architecture, TensorType.Q8_0, 1);
    try (Model model = Model.open(path)) {
      SmallDevice roomy = new SmallDevice(Integer.MAX_VALUE);
      TargetWeights.load(model, roomy).close();
      assertThat(roomy.open()).isZero();
      assertThat(roomy.taken()).isGreaterThan(6 * TinyModels.LAYERS);
      for (int room = 0; room < roomy.taken(); room++) {
        SmallDevice small = new SmallDevice(room);
        assertThatThrownBy(() -> TargetWeights.load(model, small))
            .isInstanceOf(IllegalStateException.class)
            .hasMessage("the device has room for %d handles", small.taken())
            .hasNoSuppressedExceptions();
        assertThat(small.open()).as("open of the %d that fitted", room).isZero();
      }
    }
  }
}
