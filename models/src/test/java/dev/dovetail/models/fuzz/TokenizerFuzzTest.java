package dev.dovetail.models.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.dovetail.models.gguf.GgufFile;
import dev.dovetail.models.testing.GgufWriter;
import dev.dovetail.models.tokenizer.StreamDecoder;
import dev.dovetail.models.tokenizer.Tokenizer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Vocabularies that nobody trained, and texts for them. An input is read as UTF-8: a line with the
 * names of the model and the pre-tokenizer, a line for each token (its type, then its spelling) up
 * to an empty one, a line for each merge up to an empty one, and then the text.
 */
class TokenizerFuzzTest {
  @FuzzTest(maxDuration = "2m")
  void readsAndEncodes(byte[] bytes) {
    Iterator<String> lines =
        List.of(new String(bytes, StandardCharsets.UTF_8).split("\n", -1)).iterator();
    byte[] gguf = vocabulary(lines);
    String text = String.join("\n", rest(lines));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment copy = arena.allocate(gguf.length);
      copy.copyFrom(MemorySegment.ofArray(gguf));
      Contract.check(() -> {
        try (GgufFile file = GgufFile.of(Path.of("fuzz.gguf"), copy)) {
          use(Tokenizer.of(file), text);
        }
      });
    }
  }

  private static void use(Tokenizer tokenizer, String text) {
    for (boolean parseSpecial : new boolean[] {false, true}) {
      int[] ids = tokenizer.encode(text, parseSpecial);
      assertThat(tokenizer.decode(ids)).isNotNull();
      StreamDecoder stream = tokenizer.newStreamDecoder();
      for (int id : ids) {
        assertThat(id).isBetween(0, tokenizer.vocabularySize() - 1);
        assertThat(stream.next(id)).isNotNull();
      }
      stream.flush();
    }
    for (int id = 0; id < tokenizer.vocabularySize(); id++) {
      assertThat(tokenizer.spelling(id)).isNotNull();
    }
    assertThat(tokenizer.beginOfText()).isBetween(-1, tokenizer.vocabularySize() - 1);
    assertThat(tokenizer.endOfText()).allMatch(id -> id >= 0 && id < tokenizer.vocabularySize());
  }

  private static byte[] vocabulary(Iterator<String> lines) {
    String[] names = lines.next().split(" ", 2);
    List<String> tokens = new ArrayList<>();
    List<Integer> types = new ArrayList<>();
    for (String line : section(lines)) {
      types.add(line.charAt(0) - '0');
      tokens.add(line.substring(1));
    }
    float[] scores = new float[tokens.size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = -i;
    }
    return new GgufWriter()
        .put("tokenizer.ggml.model", names[0])
        .put("tokenizer.ggml.pre", names.length > 1 ? names[1] : "")
        .put("tokenizer.ggml.tokens", tokens)
        .put("tokenizer.ggml.token_type", types.stream().mapToInt(Integer::intValue).toArray())
        .put("tokenizer.ggml.scores", scores)
        .put("tokenizer.ggml.merges", section(lines))
        .put("tokenizer.ggml.bos_token_id", 0)
        .toBytes();
  }

  private static List<String> section(Iterator<String> lines) {
    List<String> section = new ArrayList<>();
    while (lines.hasNext()) {
      String line = lines.next();
      if (line.isEmpty()) {
        break;
      }
      section.add(line);
    }
    return section;
  }

  private static List<String> rest(Iterator<String> lines) {
    List<String> rest = new ArrayList<>();
    lines.forEachRemaining(rest::add);
    return rest;
  }
}
