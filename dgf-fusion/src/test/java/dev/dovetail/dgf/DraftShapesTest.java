package dev.dovetail.dgf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.dgf.testing.TinyDraft;
import dev.dovetail.engine.decoder.TargetWeights;
import dev.dovetail.engine.plan.DraftShape;
import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.load.Model;
import dev.dovetail.models.testing.TestWeights;
import dev.dovetail.models.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DraftShapesTest {
  @TempDir private Path folder;

  /**
   * As the gguf package lists the file: Q8_0, two layers of 3 x 940,032 + 2 x 352,512 + 2 x 117,504
   * bytes and three norms of 2,304; and 8,192 rows of the target's Q8_0 head.
   */
  @Test
  void theBundledDraftIsCountedToTheByte() {
    try (Model target = Model.open(TestWeights.smolLm2())) {
      assertThat(DraftShapes.bundled(target))
          .contains(
              new DraftShape(
                  "dgf SmolLM2-135M-Instruct (2 layers, 8192 tokens)",
                  2,
                  576,
                  64,
                  576,
                  192,
                  1536,
                  8192,
                  2 * (3 * 940_032 + 2 * 352_512 + 2 * 117_504) + 3 * 2304,
                  2 * 352_512 + 705_024 + 2304,
                  8192 * 612,
                  49152 * 612));
    }
  }

  @Test
  void aTargetWithoutADraftHasNoShape() throws IOException {
    try (Model target = tiny()) {
      assertThat(DraftShapes.bundled(target)).isEmpty();
    }
  }

  @Test
  void aFolderIsCounted() throws IOException {
    Path draft = TinyDraft.standard().draftVocabulary(50).write(folder);
    try (Model target = tiny()) {
      DraftShape shape = DraftShapes.open(draft, target);

      assertThat(shape.headRows()).isEqualTo(50);
      assertThat(shape.headBytes()).isEqualTo(50 * TargetWeights.headTensor(target).rowBytes());
      // In f32, d = 256, keys of 128, a feed-forward of 96.
      assertThat(shape.fusionBytes()).isEqualTo(4L * (4 * 256 * 256 + 256));
      assertThat(shape.layerBytes())
          .isEqualTo(4L * (2 * 256 * (2 * 256 + 2 * 128 + 3 * 96) + 3 * 256));
    }
  }

  @Test
  void whatIsNoDraftIsNamed() throws IOException {
    Path text = Files.writeString(folder.resolve("config.txt"), "no draft");
    Path empty = Files.createDirectory(folder.resolve("empty"));
    try (Model target = tiny()) {
      assertThatThrownBy(() -> DraftShapes.open(empty, target))
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContaining("is no DGF draft: wanted a folder");
      assertThatThrownBy(() -> DraftShapes.open(text, target))
          .isInstanceOf(ModelFormatException.class);
    }
  }

  private Model tiny() throws IOException {
    return Model.open(TinyModels.write(folder.resolve("tiny.gguf"), "llama", TensorType.Q4_1, 5));
  }
}
