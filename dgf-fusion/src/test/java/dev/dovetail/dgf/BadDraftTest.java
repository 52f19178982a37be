package dev.dovetail.dgf;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.dovetail.dgf.testing.TinyDraft;
import dev.dovetail.dgf.testing.TinyGeneration;
import dev.dovetail.engine.Draft;
import dev.dovetail.models.ModelFormatException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Drafts that cannot be used, each refused with the reason. */
class BadDraftTest {
  @TempDir private static Path folder;

  private static void assertRefused(Path draft, String reason) throws IOException {
    Path model = TinyGeneration.model(folder, "llama");
    assertThatThrownBy(() -> TinyGeneration.open(model, Draft.of(draft), 1).close())
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(reason)
        .hasMessageContaining(draft.getFileName().toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "hidden_size | 128 | (made for tiny) has hidden size 128 and vocabulary 320; this target"
            + " has 256 and 320: choose a draft made for it, or --draft none",
        "vocab_size | 321 | has hidden size 256 and vocabulary 321; this target has 256 and 320",
        "hidden_size | 0 | 'hidden_size' must be a whole number from 1 to 1048576; found 0",
        "hidden_size | 256.5 | 'hidden_size' must be a whole number from 1 to 1048576; found 256.5",
        "num_hidden_layers | -1 | 'num_hidden_layers' must be a whole number from 1 to 1048576;"
            + " found -1",
        "intermediate_size | 99999999999 | 'intermediate_size' must be a whole number from 1 to"
            + " 1048576; found 99999999999",
        "vocab_size | \"320\" | 'vocab_size' must be a whole number from 1 to 1048576; found"
            + " \"320\"",
        "num_attention_heads | null | 'num_attention_heads' must be a whole number",
        "num_attention_heads | 3 | hidden size 256, 3 heads and 2 key heads do not divide each"
            + " other into even heads",
        "num_attention_heads | 256 | do not divide each other into even heads",
        "num_key_value_heads | 3 | hidden size 256, 4 heads and 3 key heads do not divide each"
            + " other",
        "draft_vocab_size | 400 | draft_vocab_size 400 is larger than vocab_size 320",
        "draft_vocab_size | 0 | 'draft_vocab_size' must be a whole number from 1 to 1048576; found"
            + " 0",
        "rope_theta | -1 | 'rope_theta' must be a positive number; found -1",
        "rope_theta | 1e300 | 'rope_theta' must be a positive number; found 1.0E300",
        "rope_theta | 1e-300 | 'rope_theta' must be a positive number; found 1.0E-300",
        "rms_norm_eps | [] | 'rms_norm_eps' must be a positive number; found []",
        "num_hidden_layers | 3 | layers.2.input_layernorm.weight",
        "intermediate_size | 95 | has shape [96, 256] and type F32; wanted [95, 256], of weights",
        "draft_vocab_size | 40 | draft_vocab",
      })
  void configuration(String key, String value, String reason) throws IOException {
    Path draft =
        TinyDraft.standard()
            .config(config -> {
              try {
                config.set(key, new ObjectMapper().readTree(value));
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            })
            .write(folder);
    assertRefused(draft, reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "hidden_size | 'hidden_size' must be a whole number from 1 to 1048576; found nothing",
        "rope_theta | 'rope_theta' must be a positive number; found nothing"
      })
  void missingKeys(String key, String reason) throws IOException {
    assertRefused(TinyDraft.standard().config(c -> c.remove(key)).write(folder), reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"hidden_size\": | is not JSON: ",
        "`` | 'hidden_size' must be a whole number",
        "[1, 2] | 'hidden_size' must be a whole number",
        "null | 'hidden_size' must be a whole number"
      })
  void notAConfiguration(String json, String reason) throws IOException {
    Path draft = TinyDraft.standard().write(folder);
    Files.writeString(draft.resolve("config.json"), json);
    assertRefused(draft, reason);
  }

  @Test
  void notText() throws IOException {
    Path draft = TinyDraft.standard().write(folder);
    Files.write(draft.resolve("config.json"), "\"é\"".getBytes(StandardCharsets.ISO_8859_1));
    assertRefused(draft, "is not UTF-8 text");
  }

  @Test
  void tensors() throws IOException {
    Path none = TinyDraft.standard().write(folder);
    Files.delete(none.resolve("model.safetensors"));
    assertRefused(none, "has neither of model.safetensors, pytorch_model.bin");
    assertRefused(
        TinyDraft.standard().tensors(t -> t.ints("W_z", 1, 2, 3)).write(folder),
        "has shape [3] and type I32; wanted [512, 256], of weights");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "4,4 | entry 1 is 4; wanted token ids from 5 to 319, ascending",
        "4,320 | entry 1 is 320; wanted token ids from 5 to 319, ascending",
        "-1,3 | entry 0 is -1; wanted token ids from 0 to 319, ascending",
        "4,5,6 | has shape [3] and type I32; wanted [2] of I32"
      })
  void draftVocabulary(String ids, String reason) throws IOException {
    int[] tokens = Arrays.stream(ids.split(",")).mapToInt(Integer::parseInt).toArray();
    assertRefused(
        TinyDraft.standard()
            .config(config -> config.put("draft_vocab_size", 2))
            .tensors(t -> t.ints("draft_vocab", tokens))
            .write(folder),
        reason);
  }

  @Test
  void nothingThere() throws IOException {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertRefused(empty, "is no draft that this engine knows: wanted a folder with config.json");
    assertRefused(folder.resolve("absent"), "is no draft that this engine knows");
    assertRefused(TinyGeneration.model(folder, "llama"), "is no draft that this engine knows");
  }
}
