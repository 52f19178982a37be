package dev.dovetail.cli;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;

/** Lines of a stream that must be UTF-8, each as soon as it has come. For one thread. */
final class Utf8Lines {
  private final InputStream in;
  private final String source;
  private int number;

  /**
   * @param source what the stream is called in messages
   */
  Utf8Lines(InputStream in, String source) {
    this.in = new BufferedInputStream(in);
    this.source = source;
  }

  /** The next line without its end, or empty at the end of the stream. */
  Optional<String> next() {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int read;
    try {
      while ((read = in.read()) >= 0 && read != '\n') {
        line.write(read);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (read < 0 && line.size() == 0) {
      return Optional.empty();
    }
    number++;
    String text = Utf8.decode(line.toByteArray(), place());
    return Optional.of(text.endsWith("\r") ? text.substring(0, text.length() - 1) : text);
  }

  /** Where the last line stands, for messages. */
  String place() {
    return source + ", line " + number;
  }
}
