package dev.dovetail.models.store;

import java.util.List;
import java.util.Map;

/**
 * The user's Python.
 *
 * @param command such as {@code python3}
 * @param environment of its processes
 */
record Interpreter(String command, Map<String, String> environment) {
  Interpreter {
    environment = Map.copyOf(environment);
  }

  /** A process of it that is yet to be started. */
  ProcessBuilder process(String... arguments) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.command().addAll(List.of(arguments));
    builder.environment().clear();
    builder.environment().putAll(environment);
    return builder;
  }
}
