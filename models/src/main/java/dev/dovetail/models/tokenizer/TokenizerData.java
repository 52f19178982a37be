package dev.dovetail.models.tokenizer;

import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.gguf.GgufFile;
import dev.dovetail.models.gguf.Metadata;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a file's {@code tokenizer.ggml.*} metadata say, each array as long as the vocabulary. The
 * arrays are not modified.
 *
 * @param file for messages
 * @param model {@code gpt2} or {@code llama}
 * @param pre the pre-tokenizer, empty if the file names none
 * @param tokens the spellings by id; at least one
 * @param types what the tokens are, by id, as {@link Vocabulary} numbers them; or empty
 * @param scores by id, or empty
 * @param merges two spellings with a space between each; the first merges first
 * @param ids token ids of the roles in {@link #ROLES}, where the file names a token
 * @param addBeginOfText whether a text starts with the begin-of-text token, if the file says so
 * @param addSpacePrefix whether a text is read as if a space stood before it, if the file says so
 */
record TokenizerData(
    Path file,
    String model,
    String pre,
    List<String> tokens,
    int[] types,
    float[] scores,
    List<String> merges,
    Map<String, Integer> ids,
    Optional<Boolean> addBeginOfText,
    Optional<Boolean> addSpacePrefix) {
  /** Roles of single tokens, as metadata name them. */
  static final List<String> ROLES =
      List.of("bos", "eos", "eot", "eom", "unknown", "fim_pad", "fim_rep", "fim_sep");

  private static final String PREFIX = "tokenizer.ggml.";

  TokenizerData {
    if (tokens.isEmpty()) {
      throw new ModelFormatException(file, "metadata '" + PREFIX + "tokens' is empty");
    }
    checkLength(file, "token_type", types.length, tokens.size());
    checkLength(file, "scores", scores.length, tokens.size());
  }

  static TokenizerData of(GgufFile file) {
    Metadata metadata = file.metadata();
    List<String> tokens = metadata.strings(PREFIX + "tokens");
    Map<String, Integer> ids = new HashMap<>();
    for (String role : ROLES) {
      // Working files are about whose unused roles name no token, often 2^32 - 1: such a role is
      // not filled.
      if (metadata.get(PREFIX + role + "_token_id") instanceof Long id
          && id >= 0
          && id < tokens.size()) {
        ids.put(role, id.intValue());
      }
    }
    return new TokenizerData(
        file.path(),
        metadata.string(PREFIX + "model"),
        metadata.findString(PREFIX + "pre").orElse(""),
        tokens,
        metadata.findIntegers(PREFIX + "token_type").orElse(new int[0]),
        metadata.findFloats(PREFIX + "scores").orElse(new float[0]),
        metadata.findStrings(PREFIX + "merges").orElse(List.of()),
        Map.copyOf(ids),
        metadata.findBoolean(PREFIX + "add_bos_token"),
        metadata.findBoolean(PREFIX + "add_space_prefix"));
  }

  /** The token of a role. */
  OptionalInt id(String role) {
    Integer id = ids.get(role);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** A fault of the value of a key. */
  ModelFormatException fault(String key, String reason) {
    return new ModelFormatException(file, "metadata '%s%s' %s".formatted(PREFIX, key, reason));
  }

  private static void checkLength(Path file, String key, int length, int tokens) {
    if (length != 0 && length != tokens) {
      throw new ModelFormatException(
          file,
          "metadata '%s%s' has %d entries for %d tokens".formatted(PREFIX, key, length, tokens));
    }
  }
}
