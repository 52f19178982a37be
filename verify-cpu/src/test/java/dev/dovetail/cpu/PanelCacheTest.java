package dev.dovetail.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dovetail.engine.device.WeightCache;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.testing.RandomTensors;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PanelCacheTest {
  @TempDir Path temp;
  private final WorkerPool pool = new WorkerPool(2);
  private final List<Tensor> tensors = tensors(1);

  @AfterEach
  void closePool() {
    pool.close();
  }

  private static List<Tensor> tensors(long seed) {
    Random random = new Random(seed);
    return Arrays.stream(TensorType.values())
        .filter(type -> type != TensorType.I32)
        .map(type -> RandomTensors.tensor(type, 70, 512, random))
        .toList();
  }

  private Path folder() {
    return temp.resolve("some/folder");
  }

  private Path file() {
    return folder().resolve("cpu.panels");
  }

  /** Makes all matrices, completes and closes; gives their panels, and how many were mapped. */
  private Made make(List<Tensor> of) {
    Made made = new Made();
    try (WeightCache cache =
        new PanelCache(folder(), (parts, source) -> PanelMatrix.pack(parts, source, pool))) {
      for (Tensor tensor : of) {
        PanelPart part = ((PanelMatrix) cache.matrix(List.of(tensor))).parts().getFirst();
        made.bytes.add(part.data().toArray(ValueLayout.JAVA_BYTE));
        made.mapped += part.data().isMapped() ? 1 : 0;
      }
      cache.complete();
    }
    return made;
  }

  private static final class Made {
    final List<byte[]> bytes = new ArrayList<>();
    int mapped;
  }

  private static void assertSame(Made a, Made b) {
    assertThat(a.bytes).hasSameSizeAs(b.bytes);
    for (int i = 0; i < a.bytes.size(); i++) {
      assertThat(a.bytes.get(i)).isEqualTo(b.bytes.get(i));
    }
  }

  @Test
  void theSecondStartMapsWhatTheFirstOnePacked() throws IOException {
    Made first = make(tensors);
    assertThat(first.mapped).isZero();
    assertThat(names()).containsExactly("cpu.panels");
    Made second = make(tensors);
    assertThat(second.mapped).isEqualTo(tensors.size());
    assertSame(first, second);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 8, 11, 15, 23, 24, 31, 32, 40, 45, 70, 71, 500})
  void aDamagedHeaderIsMadeAnew(int at) throws IOException {
    Made whole = make(tensors);
    byte[] bytes = Files.readAllBytes(file());
    byte[] damaged = bytes.clone();
    damaged[at] ^= 0x41;
    Files.write(file(), damaged);
    assertSame(make(tensors), whole);
    assertThat(make(tensors).mapped).isEqualTo(tensors.size());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 7, 24, 300, 5000, -1})
  void aFileThatIsTooShortIsMadeAnew(int length) throws IOException {
    Made whole = make(tensors);
    try (FileChannel channel = FileChannel.open(file(), StandardOpenOption.WRITE)) {
      channel.truncate(length >= 0 ? length : channel.size() + length);
    }
    Made again = make(tensors);
    assertThat(again.mapped).isZero();
    assertSame(again, whole);
    assertThat(make(tensors).mapped).isEqualTo(tensors.size());
  }

  @Test
  void aTensorOfAnotherShapeIsPackedAndTheRestIsKept() {
    make(tensors);
    List<Tensor> others = new ArrayList<>(tensors);
    Tensor old = others.getFirst();
    Tensor changed = RandomTensors.tensor(old.type(), 71, 512, new Random(2));
    others.set(0, new Tensor(old.name(), old.type(), changed.shape(), changed.data()));
    assertThat(make(others).mapped).isEqualTo(tensors.size() - 1);
    assertThat(make(others).mapped).isEqualTo(tensors.size());
  }

  @Test
  void whatADeadWriterLeftIsDeletedAndALivingOnesIsNot() throws IOException {
    Files.createDirectories(folder());
    Path dead = Files.writeString(folder().resolve("cpu.panels.1.part"), "half");
    Path living = Files.writeString(folder().resolve("cpu.panels.2.part"), "half");
    try (FileChannel channel = FileChannel.open(living, StandardOpenOption.WRITE);
        var _ = channel.lock()) {
      make(tensors);
    }
    assertThat(dead).doesNotExist();
    assertThat(living).exists();
    assertThat(make(tensors).mapped).isEqualTo(tensors.size());
  }

  @Test
  void aFolderThatCannotBeMadeCostsTimeAlone() throws IOException {
    Files.writeString(temp.resolve("some"), "a file where the folder should be");
    assertSame(make(tensors), make(tensors));
  }

  /**
   * Files of the same {@link PanelFile#FORM} are taken without looking at the panels: whoever
   * changes how they are packed raises it, and then this number.
   */
  @Test
  void theFormOfPanelsChangesWithItsNumber() {
    CRC32 crc = new CRC32();
    make(tensors).bytes.forEach(crc::update);
    assertThat(PanelFile.FORM + " " + Long.toHexString(crc.getValue())).isEqualTo("1 da5761fa");
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder())) {
      return files.map(path -> path.getFileName().toString()).toList();
    }
  }
}
