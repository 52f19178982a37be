package dev.dovetail.cli;

import dev.dovetail.engine.Draft;
import dev.dovetail.engine.DraftPlace;
import java.nio.file.Path;

/** A draft as it is spelled: {@code gpu}, {@code gpu:FOLDER}, {@code FOLDER}. */
record DraftSpelling(DraftPlace place, String which) {
  /** The draft that comes with the model. */
  static final String AUTO = "auto";

  /** No draft. */
  static final String NONE = "none";

  static DraftSpelling of(String text) {
    int colon = text.indexOf(':');
    String which = colon < 0 ? AUTO : text.substring(colon + 1);
    return switch (colon < 0 ? text : text.substring(0, colon)) {
      case "gpu" -> new DraftSpelling(DraftPlace.GPU, which);
      case "cpu" -> new DraftSpelling(DraftPlace.CPU, which);
      default -> new DraftSpelling(DraftPlace.AUTO, text);
    };
  }

  /** Who guesses. */
  Draft choice() {
    return switch (which) {
      case AUTO -> Draft.auto();
      case NONE -> Draft.none();
      default -> Draft.of(Path.of(which));
    };
  }
}
