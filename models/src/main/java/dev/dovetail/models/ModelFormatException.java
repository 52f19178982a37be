package dev.dovetail.models;

import java.nio.file.Path;

/**
 * A model file that cannot be used: damaged, truncated, hostile, or of a kind this engine does not
 * read.
 *
 * <p>The message names the file, the place in it, what was found and what was wanted.
 */
public final class ModelFormatException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The offset of an error that has no place in the file. */
  public static final long NO_OFFSET = -1;

  private static final int MAX_MESSAGE = 1000;

  private final transient Path file;
  private final long offset;
  private final String tensor;

  /**
   * @param file the file, or the folder of a checkpoint
   * @param offset the byte offset at which the fault was seen, or {@link #NO_OFFSET}
   * @param tensor the tensor concerned, or null
   * @param reason what was found, what was wanted, and what to do where that helps
   */
  public ModelFormatException(Path file, long offset, String tensor, String reason) {
    super(message(file, offset, tensor, reason));
    this.file = file;
    this.offset = offset;
    this.tensor = tensor;
  }

  /** A fault with no single place: a missing key, a contradiction between two. */
  public ModelFormatException(Path file, String reason) {
    this(file, NO_OFFSET, null, reason);
  }

  public Path file() {
    return file;
  }

  public long offset() {
    return offset;
  }

  /** The tensor concerned, or null. */
  public String tensor() {
    return tensor;
  }

  private static String message(Path file, long offset, String tensor, String reason) {
    StringBuilder text = new StringBuilder().append(file);
    if (offset != NO_OFFSET) {
      text.append(": at byte ").append(offset);
    }
    if (tensor != null) {
      text.append(": tensor '").append(tensor).append('\'');
    }
    return printable(text.append(": ").append(reason));
  }

  /** Names come from the file: none may break the line, steer the terminal, or fill the screen. */
  private static String printable(StringBuilder text) {
    if (text.length() > MAX_MESSAGE) {
      text.replace(MAX_MESSAGE, text.length(), "...");
    }
    for (int i = 0; i < text.length(); i++) {
      int type = Character.getType(text.charAt(i));
      if (type == Character.CONTROL
          || type == Character.FORMAT
          || type == Character.LINE_SEPARATOR
          || type == Character.PARAGRAPH_SEPARATOR) {
        text.setCharAt(i, '\uFFFD');
      }
    }
    return text.toString();
  }
}
