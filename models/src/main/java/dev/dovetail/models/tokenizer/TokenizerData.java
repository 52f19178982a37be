package dev.dovetail.models.tokenizer;

import dev.dovetail.models.ModelFormatException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntConsumer;

/**
 * A file's {@code tokenizer.ggml.*} metadata, each value of the right type and every array as long as the vocabulary.
 *
 * @param file for messages
 * @param model {@code gpt2} or {@code llama}
 * @param pre the pre-tokenizer, empty if the file names none
 * @param tokens the spellings by id; at least one
 * @param types the kinds of tokens by id (1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte), or empty
 * @param scores by id, or empty
 * @param merges two spellings with a space between each, the first merges first
 * @param metadata all metadata, for single values
 */
record TokenizerData(
    Path file,
    String model,
    String pre,
    List<String> tokens,
    int[] types,
    float[] scores,
    List<String> merges,
    Map<String, Object> metadata) {
  private static final String PREFIX = "tokenizer.ggml.";

  /** More ids than any model has; bounds what is allocated for a hostile file. */
  private static final int MAX_TOKENS = 1 << 24;

  static TokenizerData of(Path file, Map<String, Object> metadata) {
    Reader reader = new Reader(file, metadata);
    List<String> tokens = reader.strings("tokens");
    int count = tokens.size();
    if (count == 0 || count > MAX_TOKENS) {
      throw reader.fault("tokens", "has %d entries; 1 to %d are wanted".formatted(count, MAX_TOKENS));
    }
    return new TokenizerData(
        file,
        reader
            .find("model", String.class)
            .orElseThrow(() -> reader.fault("model", "is missing; 'gpt2' or 'llama' is wanted")),
        reader.find("pre", String.class).orElse(""),
        tokens,
        reader.integers("token_type", count),
        reader.floats("scores", count),
        metadata.containsKey(PREFIX + "merges") ? reader.strings("merges") : List.of(),
        metadata);
  }

  /** A boolean of the metadata, if it is there. */
  Optional<Boolean> flag(String name) {
    return new Reader(file, metadata).find(name, Boolean.class);
  }

  /** A token id of the metadata; empty if it is not there or names no token, which happens in files that work. */
  OptionalInt id(String name) {
    return new Reader(file, metadata)
        .find(name, Long.class)
        .filter(id -> id >= 0 && id < tokens.size())
        .map(id -> OptionalInt.of(id.intValue()))
        .orElse(OptionalInt.empty());
  }

  ModelFormatException fault(String name, String reason) {
    return new Reader(file, metadata).fault(name, reason);
  }

  /** Typed access to the metadata. */
  private record Reader(Path file, Map<String, Object> metadata) {
    <T> Optional<T> find(String name, Class<T> type) {
      Object value = metadata.get(PREFIX + name);
      if (value != null && !type.isInstance(value)) {
        throw fault(
            name,
            "is of type %s; %s is wanted"
                .formatted(value.getClass().getSimpleName(), type.getSimpleName()));
      }
      return Optional.ofNullable(type.cast(value));
    }

    List<String> strings(String name) {
      List<?> list =
          find(name, List.class).orElseThrow(() -> fault(name, "is missing; the file has no tokenizer"));
      return new StringList(list, this, name);
    }

    int[] integers(String name, int count) {
      Object value = metadata.get(PREFIX + name);
      if (value == null) {
        return new int[0];
      }
      if (!(value instanceof int[] integers)) {
        throw fault(name, "is not an array of 32-bit integers, as is wanted");
      }
      checkLength(name, integers.length, count);
      return integers;
    }

    float[] floats(String name, int count) {
      Object value = metadata.get(PREFIX + name);
      if (value == null) {
        return new float[0];
      }
      if (!(value instanceof float[] floats)) {
        throw fault(name, "is not an array of 32-bit floats, as is wanted");
      }
      checkLength(name, floats.length, count);
      return floats;
    }

    private void checkLength(String name, int length, int count) {
      if (length != count) {
        throw fault(name, "has %d entries for %d tokens".formatted(length, count));
      }
    }

    ModelFormatException fault(String name, String reason) {
      return new ModelFormatException(file, "metadata '%s%s' %s".formatted(PREFIX, name, reason));
    }
  }
}
