package dev.dovetail.cli;

import dev.dovetail.models.store.CatalogueEntry;
import dev.dovetail.models.store.ModelStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Finds the file of a model that was named. */
final class ModelLocator {
  /** The model where none is named. */
  static final String DEFAULT = "smollm2-135m-instruct";

  /** The one that comes with the program. */
  private static final String BUNDLED = "tiny";

  private final Console console;
  private ModelStore opened;

  ModelLocator(Console console) {
    this.console = console;
  }

  private ModelStore store() {
    if (opened == null) {
      opened = ModelStore.open(console.env());
    }
    return opened;
  }

  /**
   * Where the weights of a file may be kept, packed, for the next start: only those of the store,
   * where 'list' and 'rm' know of them.
   */
  Optional<Path> packedFolder(Path file) {
    try {
      return store().packedFolder(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The name of a model that is here: the given one, or the default; where that can neither be
   * found nor pulled, the one that comes with the program, which is said in one line.
   */
  String available(Optional<String> given) {
    if (given.isPresent() || store().find(DEFAULT).isPresent()) {
      return given.orElse(DEFAULT);
    }
    try {
      locate(DEFAULT);
      return DEFAULT;
    } catch (UncheckedIOException e) {
      try {
        locate(BUNDLED);
      } catch (UncheckedIOException none) {
        e.addSuppressed(none);
        throw e;
      }
      console
          .err()
          .line(
              "dovetail: %s cannot be pulled; going on with %s, which comes along and completes Python-looking code, nothing else"
                  .formatted(DEFAULT, BUNDLED));
      return BUNDLED;
    }
  }

  /**
   * The file of a path or of a name in the store; a catalogue's model that is not stored is pulled,
   * and so is the one that comes along where the store has another version's.
   */
  Path locate(String name) {
    Path path = Path.of(name);
    if (Files.isRegularFile(path)) {
      return path; // without opening the store
    }
    ModelStore store = store();
    if (store.catalogue().find(name).isEmpty()) {
      return store.resolve(name);
    }
    try {
      return store.find(name).isEmpty() || store.isOutdated(name)
          ? pull(name)
          : store.resolve(name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Pulls a model of the catalogue. */
  private Path pull(String name) throws IOException {
    ModelStore store = store();
    if (store.find(name).isEmpty()) {
      CatalogueEntry entry = store.catalogue().find(name).orElseThrow();
      console
          .err()
          .line(
              "dovetail: %s is not here yet; pulling %s (%s) into %s"
                  .formatted(name, entry.file(), Units.bytes(entry.size()), store.folder()));
    }
    try (PullProgress progress = new PullProgress(console)) {
      return store.pull(name, progress);
    }
  }
}
