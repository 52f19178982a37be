package dev.dovetail.models.store;

import java.util.regex.Pattern;

/** Names of files in the store: one plain segment, so that no source can write anywhere else. */
final class FileNames {
  static final Pattern PATTERN = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._+-]{0,199}\\.gguf");

  private FileNames() {}

  /** The last segment of a path or address. */
  static String last(String path) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    if (!PATTERN.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "'" + path + "' does not end with the name of a .gguf file (letters, digits, . _ + -)");
    }
    return name;
  }
}
