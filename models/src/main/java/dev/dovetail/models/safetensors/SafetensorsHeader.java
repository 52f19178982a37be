package dev.dovetail.models.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.TensorType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The JSON that heads a safetensors file: {@code {"name": {"dtype":, "shape":, "data_offsets":},
 * ...}}.
 */
record SafetensorsHeader(Map<String, String> metadata, List<Entry> entries) {
  private static final String METADATA = "__metadata__";
  private static final int MAX_DIMENSIONS = 8;
  private static final int HEADER_OFFSET = 8;
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          // Names are read once: keeping them for the next document would only cost memory.
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(4).build())
          .build();

  /**
   * A tensor in {@code [begin, end)} of the data, its shape and size checked against each other.
   */
  record Entry(String name, TensorType type, List<Long> shape, long begin, long end) {}

  static SafetensorsHeader parse(Path path, byte[] json) {
    try (JsonParser parser = JSON.createParser(json)) {
      SafetensorsHeader header = new SafetensorsHeader(new LinkedHashMap<>(), new ArrayList<>());
      expect(path, parser, parser.nextToken(), JsonToken.START_OBJECT);
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String name = parser.currentName();
        expect(path, parser, parser.nextToken(), JsonToken.START_OBJECT);
        if (name.equals(METADATA)) {
          readMetadata(path, parser, header.metadata);
        } else {
          header.entries.add(readEntry(path, parser, name));
        }
      }
      if (parser.nextToken() != null) {
        throw fault(path, parser, "has text after its header");
      }
      return header;
    } catch (JsonProcessingException e) {
      long at = e.getLocation() == null ? 0 : e.getLocation().getByteOffset();
      throw new ModelFormatException(
          path, HEADER_OFFSET + Math.max(0, at), null, "header: " + e.getOriginalMessage());
    } catch (IOException e) {
      // Bytes that are text in no encoding of JSON.
      throw new ModelFormatException(path, HEADER_OFFSET, null, "header: " + e.getMessage());
    }
  }

  private static void readMetadata(Path path, JsonParser parser, Map<String, String> metadata)
      throws IOException {
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      expect(path, parser, parser.nextToken(), JsonToken.VALUE_STRING);
      metadata.put(key, parser.getText());
    }
  }

  private static Entry readEntry(Path path, JsonParser parser, String name) throws IOException {
    String dtype = null;
    List<Long> shape = null;
    List<Long> offsets = null;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      JsonToken value = parser.nextToken();
      switch (key) {
        case "dtype" -> {
          expect(path, parser, value, JsonToken.VALUE_STRING);
          dtype = parser.getText();
        }
        case "shape" -> shape = numbers(path, parser, MAX_DIMENSIONS);
        case "data_offsets" -> offsets = numbers(path, parser, 2);
        default -> throw fault(path, name, "has the unknown key '%s'".formatted(key));
      }
    }
    if (dtype == null || shape == null || offsets == null || offsets.size() != 2) {
      throw fault(path, name, "needs a dtype, a shape and two data_offsets");
    }
    return entry(path, name, type(path, name, dtype), shape, offsets.getFirst(), offsets.getLast());
  }

  private static Entry entry(
      Path path, String name, TensorType type, List<Long> shape, long begin, long end) {
    long size = type.blockBytes();
    for (long extent : shape) {
      if (Math.multiplyHigh(size, extent) != 0 || size * extent < 0) {
        throw fault(path, name, "has the impossible shape " + shape);
      }
      size *= extent;
    }
    if (end - begin != size) {
      throw fault(
          path,
          name,
          "%s %s needs %d bytes; its offsets %d to %d give %d"
              .formatted(type, shape, size, begin, end, end - begin));
    }
    return new Entry(name, type, shape, begin, end);
  }

  private static TensorType type(Path path, String name, String dtype) {
    return switch (dtype) {
      case "F32" -> TensorType.F32;
      case "F16" -> TensorType.F16;
      case "BF16" -> TensorType.BF16;
      case "I32" -> TensorType.I32;
      default ->
          throw fault(path, name, "has dtype %s; F32, F16, BF16 and I32 are read".formatted(dtype));
    };
  }

  /** An array of at most {@code limit} integers, none negative. */
  private static List<Long> numbers(Path path, JsonParser parser, int limit) throws IOException {
    expect(path, parser, parser.currentToken(), JsonToken.START_ARRAY);
    List<Long> numbers = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      expect(path, parser, parser.currentToken(), JsonToken.VALUE_NUMBER_INT);
      long number = parser.getLongValue();
      if (number < 0 || numbers.size() == limit) {
        throw fault(path, parser, "wanted at most %d numbers, none negative".formatted(limit));
      }
      numbers.add(number);
    }
    return numbers;
  }

  private static void expect(Path path, JsonParser parser, JsonToken found, JsonToken wanted) {
    if (found != wanted) {
      throw fault(path, parser, "found %s where %s is wanted".formatted(found, wanted));
    }
  }

  private static ModelFormatException fault(Path path, JsonParser parser, String reason) {
    long at = HEADER_OFFSET + Math.max(0, parser.currentTokenLocation().getByteOffset());
    return new ModelFormatException(path, at, null, "header: " + reason);
  }

  static ModelFormatException fault(Path path, String tensor, String reason) {
    return new ModelFormatException(path, ModelFormatException.NO_OFFSET, tensor, reason);
  }
}
