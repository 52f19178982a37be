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
   * The file of a path or of a name in the store; a catalogue's model that is not stored is pulled.
   */
  Path locate(String name) {
    Path path = Path.of(name);
    if (Files.isRegularFile(path)) {
      return path; // without opening the store
    }
    ModelStore store = store();
    Optional<CatalogueEntry> entry = store.catalogue().find(name);
    if (entry.isEmpty() || store.find(name).isPresent()) {
      return store.resolve(name);
    }
    console
        .err()
        .line(
            "dovetail: %s is not here yet; pulling %s (%s) into %s"
                .formatted(
                    name, entry.get().file(), Units.bytes(entry.get().size()), store.folder()));
    try (PullProgress progress = new PullProgress(console)) {
      return store.pull(name, progress);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
