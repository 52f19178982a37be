package dev.dovetail.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The arguments as they were typed. Where the locale is C or POSIX, as in many containers, Java
 * turns each byte beyond ASCII into U+FFFD; the system still knows the bytes.
 */
final class Arguments {
  /** Where Linux shows the bytes, each argument ended by a zero. */
  static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

  private static final char LOST = '\uFFFD';

  private Arguments() {}

  /**
   * The same arguments, read again as UTF-8 from {@code commandLine} where Java lost some of their
   * characters.
   */
  static String[] repaired(String[] args, Path commandLine) {
    if (List.of(args).stream().noneMatch(arg -> arg.indexOf(LOST) >= 0)
        || !Files.isReadable(commandLine)) {
      return args;
    }
    String[] all;
    try {
      all = Files.readString(commandLine, StandardCharsets.UTF_8).split("\0", -1);
    } catch (IOException e) {
      return args; // not UTF-8: there is nothing better than what Java made of it
    }
    // Behind the last zero stands an empty string; before our arguments, those of the virtual
    // machine.
    int first = all.length - 1 - args.length;
    return first < 0 ? args : List.of(all).subList(first, all.length - 1).toArray(new String[0]);
  }
}
