package dev.dovetail.cli;

import dev.dovetail.models.ModelFormatException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.ServiceConfigurationError;

/** Turns what was thrown into the one line that a person reads. */
final class Failures {
  private Failures() {}

  /** What happened, without a line break. */
  static String describe(Throwable thrown) {
    return oneLine(
        switch (thrown) {
          case UncheckedIOException e when e.getCause() != null -> io(e);
          case IOException e -> io(e);
          case OutOfMemoryError e ->
              "out of memory (the heap's limit is %s): choose a smaller --ctx, or a larger heap by DOVETAIL_JAVA_OPTS=-Xmx..."
                  .formatted(Units.bytes(Runtime.getRuntime().maxMemory()));
          case ModelFormatException e -> e.getMessage();
          case IllegalArgumentException e when e.getMessage() != null -> e.getMessage();
          case IllegalStateException e when e.getMessage() != null -> e.getMessage();
          case ExceptionInInitializerError e when e.getCause() != null -> describe(e.getCause());
          case ServiceConfigurationError e when e.getCause() != null -> describe(e.getCause());
          default -> "unexpected " + thrown + " (-v shows where)";
        });
  }

  private static String io(Exception e) {
    if (e.getCause() instanceof IOException cause) {
      boolean ownWords = !String.valueOf(e.getMessage()).equals(cause.toString());
      return ownWords ? e.getMessage() : io(cause);
    }
    return switch (e) {
      case NoSuchFileException missing -> missing.getFile() + ": no such file";
      case FileNotFoundException missing -> missing.getMessage();
      case AccessDeniedException denied -> denied.getFile() + ": may not be accessed";
      case FileAlreadyExistsException exists -> exists.getFile() + ": exists already";
      case FileSystemException other when other.getReason() != null ->
          other.getFile() + ": " + other.getReason();
      default -> e.getMessage() == null ? e.toString() : e.getMessage();
    };
  }

  /** The message on one line, safe for a terminal. */
  static String oneLine(String message) {
    return Printable.of(String.valueOf(message).strip().replaceAll("\\s*\\R\\s*", " "));
  }

  static String stackTrace(Throwable thrown) {
    StringWriter text = new StringWriter();
    thrown.printStackTrace(new PrintWriter(text));
    return text.toString();
  }
}
