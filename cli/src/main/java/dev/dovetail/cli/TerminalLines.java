package dev.dovetail.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.completer.StringsCompleter;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/** Lines that a person types, with editing and a history that is kept between conversations. */
final class TerminalLines implements LineSource, AutoCloseable {
  private static final int KEPT_LINES = 1000;

  private final Terminal terminal;
  private final LineReader reader;

  private TerminalLines(Terminal terminal, LineReader reader) {
    this.terminal = terminal;
    this.reader = reader;
  }

  static TerminalLines open(Map<String, String> env) {
    try {
      Terminal terminal =
          TerminalBuilder.builder().system(true).encoding(StandardCharsets.UTF_8).build();
      LineReaderBuilder builder =
          LineReaderBuilder.builder()
              .terminal(terminal)
              .appName("dovetail")
              .completer(new StringsCompleter(ChatLoop.COMMANDS))
              // An exclamation mark is part of a message.
              .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
              .variable(LineReader.HISTORY_SIZE, KEPT_LINES)
              .variable(LineReader.HISTORY_FILE_SIZE, KEPT_LINES);
      historyFile(env).ifPresent(file -> builder.variable(LineReader.HISTORY_FILE, file));
      return new TerminalLines(terminal, builder.build());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The user's file for it, in a folder that exists; empty where none can be made: then nothing is
   * kept.
   */
  private static Optional<Path> historyFile(Map<String, String> env) {
    String state = env.getOrDefault("XDG_STATE_HOME", env.getOrDefault("LOCALAPPDATA", ""));
    Path folder =
        (state.isEmpty()
                ? Path.of(System.getProperty("user.home"), ".local", "state")
                : Path.of(state))
            .resolve("dovetail");
    try {
      Files.createDirectories(folder);
      return Optional.of(folder.resolve("chat_history"));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  @Override
  public Line next(String prompt) {
    try {
      return new Line.Text(reader.readLine(prompt));
    } catch (UserInterruptException e) {
      return Line.Signal.INTERRUPTED;
    } catch (EndOfFileException e) {
      return Line.Signal.END;
    }
  }

  @Override
  public void close() {
    try {
      terminal.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
