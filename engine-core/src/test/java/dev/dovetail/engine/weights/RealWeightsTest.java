package dev.dovetail.engine.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.gguf.GgufFile;
import dev.dovetail.models.testing.TestWeights;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.zip.CRC32;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tensors of real models; the CRCs are those of {@code src/test/python/crc_of_rows.py}. */
class RealWeightsTest {
  private static final int ROWS = 64;

  @ParameterizedTest
  @CsvSource({
    "token_embd.weight, Q8_0, 5a69b8df",
    "blk.0.attn_norm.weight, F32, cb4130eb",
    "blk.0.ffn_down.weight, Q4_1, 15fbc175"
  })
  void smolLm2(String name, TensorType type, String crc) {
    check(TestWeights.smolLm2(), name, type, crc);
  }

  @ParameterizedTest
  @CsvSource({
    "output.weight, Q6_K, da62131f",
    "token_embd.weight, Q4_K, 023cc961",
    "blk.0.attn_norm.weight, F32, e6cd2946"
  })
  void qwenCoder(String name, TensorType type, String crc) {
    check(TestWeights.qwenCoder(), name, type, crc);
  }

  private static void check(Path file, String name, TensorType type, String crc) {
    try (GgufFile gguf = GgufFile.open(file)) {
      Tensor tensor = gguf.get(name);
      assertThat(tensor.type()).isEqualTo(type);
      assertThat(crcOfRows(tensor)).as("%s of %s", name, file).isEqualTo(crc);
    }
  }

  private static String crcOfRows(Tensor tensor) {
    float[] row = new float[tensor.cols()];
    ByteBuffer bytes = ByteBuffer.allocate(row.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    CRC32 crc = new CRC32();
    for (int i = 0; i < Math.min(ROWS, tensor.rows()); i++) {
      Dequantize.row(tensor, i, row, 0);
      bytes.asFloatBuffer().put(row);
      crc.update(bytes.array());
    }
    return "%08x".formatted(crc.getValue());
  }
}
