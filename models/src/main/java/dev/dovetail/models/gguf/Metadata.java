package dev.dovetail.models.gguf;

import dev.dovetail.models.ModelFormatException;
import java.nio.file.Path;
import java.util.AbstractMap;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The metadata of a GGUF file, in the file's order. Immutable; arrays are shared, not to be
 * modified.
 *
 * <p>Values are
 *
 * <ul>
 *   <li>{@code Boolean}, {@code String};
 *   <li>{@code Long} for integers of every width (an unsigned 64-bit one keeps its bits);
 *   <li>{@code Double} for floats of both widths;
 *   <li>{@code int[]} for arrays of integers of up to 16 bits and of signed 32 bits, {@code long[]}
 *       for unsigned 32 and for 64 bits, {@code float[]}, {@code double[]}, {@code boolean[]};
 *   <li>{@link GgufStrings}, a {@code List<String>}, for arrays of strings.
 * </ul>
 */
public final class Metadata extends AbstractMap<String, Object> {
  private final Path file;
  private final Map<String, Object> values;

  Metadata(Path file, Map<String, Object> values) {
    this.file = file;
    this.values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  @Override
  public Set<Entry<String, Object>> entrySet() {
    return values.entrySet();
  }

  @Override
  public Object get(Object key) {
    return values.get(key);
  }

  @Override
  public boolean containsKey(Object key) {
    return values.containsKey(key);
  }

  /**
   * A string that must be there.
   *
   * @throws ModelFormatException if the key is missing or is something else; so say all methods of
   *     this class
   */
  public String string(String key) {
    return required(key, findString(key));
  }

  public Optional<String> findString(String key) {
    return find(key, String.class, "a string");
  }

  /** An integer that must be there and fit an {@code int}. */
  public int integer(String key) {
    return required(key, findInteger(key));
  }

  public Optional<Integer> findInteger(String key) {
    return find(key, Long.class, "an integer")
        .map(value -> {
          if (value != value.intValue()) {
            throw new ModelFormatException(
                file, "metadata '%s' is %d, out of range".formatted(key, value));
          }
          return value.intValue();
        });
  }

  /** A number that must be there; integers count. */
  public double number(String key) {
    return required(key, findNumber(key));
  }

  public Optional<Double> findNumber(String key) {
    return find(key, Number.class, "a number").map(Number::doubleValue);
  }

  public Optional<Boolean> findBoolean(String key) {
    return find(key, Boolean.class, "a boolean");
  }

  /** An array of strings that must be there. */
  public List<String> strings(String key) {
    return required(key, findStrings(key));
  }

  public Optional<List<String>> findStrings(String key) {
    return find(key, GgufStrings.class, "an array of strings").map(strings -> strings);
  }

  /** An array of integers that each fit an {@code int}. */
  public Optional<int[]> findIntegers(String key) {
    if (values.get(key) instanceof long[] wide) {
      int[] narrow = new int[wide.length];
      for (int i = 0; i < wide.length; i++) {
        narrow[i] = (int) wide[i];
        if (narrow[i] != wide[i]) {
          throw new ModelFormatException(
              file, "metadata '%s'[%d] is %d, out of range".formatted(key, i, wide[i]));
        }
      }
      return Optional.of(narrow);
    }
    return find(key, int[].class, "an array of integers");
  }

  /** An array of floats. */
  public Optional<float[]> findFloats(String key) {
    return find(key, float[].class, "an array of 32-bit floats");
  }

  private <T> T required(String key, Optional<T> value) {
    return value.orElseThrow(
        () -> new ModelFormatException(file, "metadata '%s' is missing".formatted(key)));
  }

  private <T> Optional<T> find(String key, Class<T> type, String wanted) {
    Object value = values.get(key);
    if (value == null) {
      return Optional.empty();
    }
    if (!type.isInstance(value)) {
      throw new ModelFormatException(
          file, "metadata '%s' is %s; %s is wanted".formatted(key, kind(value), wanted));
    }
    return Optional.of(type.cast(value));
  }

  /** What a value is, for messages. */
  private static String kind(Object value) {
    return switch (value) {
      case String _ -> "a string";
      case Long _ -> "an integer";
      case Double _ -> "a floating-point number";
      case Boolean _ -> "a boolean";
      case GgufStrings _ -> "an array of strings";
      default -> "an array of " + value.getClass().getComponentType();
    };
  }
}
