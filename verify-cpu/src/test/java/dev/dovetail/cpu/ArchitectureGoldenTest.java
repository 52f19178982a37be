package dev.dovetail.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.engine.round.Target;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.testing.GgufWriter;
import dev.dovetail.models.testing.TinyWeights;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whole models of every architecture and kind of rotation, from their file to their logits, against
 * a decoder in numpy that itself agrees with llama.cpp; the values are made by engine-core's {@code
 * src/test/python/make_architecture_golden.py}. Weights are no part of them: both sides compute
 * them.
 */
class ArchitectureGoldenTest {
  /**
   * Of a logit, in units of its row's root mean square. Sums of up to 96 products in f32, through
   * two layers, come within 1e-5 (llama.cpp, which sums in another order and takes its angles in
   * f32, within 1.3e-5); what makes a case special moves its logits by 0.05 or more.
   */
  private static final double TOLERANCE = 2e-5;

  private static final int BYTES = 256;
  private static final int NORMAL = 1;
  private static final int UNKNOWN = 2;
  private static final int CONTROL = 3;
  private static final int BYTE = 6;

  @TempDir Path folder;

  /**
   * @param logits {@code [positions][vocabulary]}, where the description says so
   */
  record Case(JsonNode description, float[][] logits) {
    @Override
    public String toString() {
      return description.get("name").asText();
    }
  }

  static Stream<Case> cases() throws IOException {
    ByteBuffer values =
        ByteBuffer.wrap(resource("architectures.f32")).order(ByteOrder.LITTLE_ENDIAN);
    List<Case> cases = new ArrayList<>();
    for (JsonNode description : new ObjectMapper().readTree(resource("architectures.json"))) {
      float[][] logits = new float[description.get("positions").size()][vocabulary(description)];
      for (float[] row : logits) {
        values.asFloatBuffer().get(row);
        values.position(values.position() + Float.BYTES * row.length);
      }
      cases.add(new Case(description, logits));
    }
    assertThat(values.hasRemaining()).as("values of no case").isFalse();
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void logits(Case wanted) throws IOException {
    Path path = folder.resolve("model.gguf");
    write(wanted.description, path);
    JsonNode tokens = wanted.description.get("tokens");
    TreeBatch batch = new TreeBatch(tokens.size());
    for (int i = 0; i < tokens.size(); i++) {
      batch.add(tokens.get(i).intValue(), i - 1);
    }
    try (Engine engine = Dovetail.open(path).draft(Draft.none()).threads(1).build();
        Target target = engine.newTarget()) {
      target.pass(batch, Target.Logits.ALL);
      for (int row = 0; row < wanted.logits.length; row++) {
        int position = wanted.description.get("positions").get(row).intValue();
        int from = position * target.vocabulary();
        assertRow(
            wanted.logits[row],
            Arrays.copyOfRange(target.logits(), from, from + target.vocabulary()),
            position);
      }
    }
  }

  private static void assertRow(float[] expected, float[] actual, int position) {
    assertThat(actual).hasSameSizeAs(expected);
    double squares = 0;
    for (float value : expected) {
      squares += (double) value * value;
    }
    double slack = TOLERANCE * Math.sqrt(squares / expected.length);
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) actual[i])
          .as("position %d, token %d", position, i)
          .isCloseTo(expected[i], within(slack));
    }
  }

  private static void write(JsonNode description, Path path) throws IOException {
    GgufWriter writer = new GgufWriter();
    for (var entry : description.get("metadata").properties()) {
      writer.put(entry.getKey(), value(entry.getValue()));
    }
    addTokenizer(writer, vocabulary(description));
    int number = 0;
    for (JsonNode tensor : description.get("tensors")) {
      List<Long> shape = new ArrayList<>();
      tensor.get(1).forEach(extent -> shape.add(extent.longValue()));
      int elements = Math.toIntExact(shape.stream().reduce(1L, Math::multiplyExact));
      float[] weights =
          weights(number++, elements, tensor.get(2).floatValue(), tensor.get(3).floatValue());
      writer.tensor(tensor.get(0).asText(), TensorType.F32, shape, TinyWeights.bytes(weights));
    }
    writer.write(path);
  }

  private static Object value(JsonNode node) {
    return switch (node.getNodeType()) {
      case STRING -> node.asText();
      case NUMBER -> node.isInt() ? (Object) node.intValue() : (Object) node.floatValue();
      default -> throw new IllegalArgumentException("no metadata: " + node);
    };
  }

  /**
   * The weights of a file's tensor by its number, as {@code weights} of the script defines them.
   */
  private static float[] weights(int number, int elements, float middle, float spread) {
    float[] weights = new float[elements];
    for (int i = 0; i < elements; i++) {
      int x = i + number * 0x9E3779B1;
      x = (x ^ (x >>> 16)) * 0x85EBCA6B;
      x = (x ^ (x >>> 13)) * 0xC2B2AE35;
      x ^= x >>> 16;
      weights[i] = middle + spread * ((x >>> 8) * 0x1p-23f - 1);
    }
    return weights;
  }

  /** No text is read here, but a model has a tokenizer: the bytes and a few letters. */
  private static void addTokenizer(GgufWriter writer, int size) {
    List<String> pieces = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    int firstByte = pieces.size();
    for (int b = 0; b < BYTES; b++) {
      pieces.add("<0x%02X>".formatted(b));
    }
    while (pieces.size() < size) {
      pieces.add(String.valueOf((char) ('a' + pieces.size() - firstByte - BYTES)));
    }
    int[] types = new int[size];
    Arrays.fill(types, NORMAL);
    types[0] = UNKNOWN;
    Arrays.fill(types, 1, firstByte, CONTROL);
    Arrays.fill(types, firstByte, firstByte + BYTES, BYTE);
    writer
        .put("tokenizer.ggml.model", "llama")
        .put("tokenizer.ggml.tokens", pieces)
        .put("tokenizer.ggml.scores", new float[size])
        .put("tokenizer.ggml.token_type", types);
  }

  /** Rows of the first tensor, the embedding. */
  private static int vocabulary(JsonNode description) {
    return description.get("tensors").get(0).get(1).get(0).intValue();
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = ArchitectureGoldenTest.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    }
  }
}
