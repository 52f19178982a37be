package dev.dovetail.cli;

import dev.dovetail.engine.Draft;
import dev.dovetail.engine.DraftPlace;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * A draft as it is spelled: {@code auto}, {@code lookup}, {@code FOLDER}, {@code lookup+FOLDER},
 * and the same behind {@code gpu:} or {@code cpu:}.
 */
record DraftSpelling(DraftPlace place, String which) {
  /** The best there is for the model. */
  static final String AUTO = "auto";

  /** No draft. */
  static final String NONE = "none";

  /** What the text itself suggests. */
  private static final String LOOKUP = "lookup";

  /** The draft that comes with the model. */
  private static final String DGF = "dgf";

  private static final String LOOKUP_AND = LOOKUP + "+";

  /** What cannot stand behind that. */
  private static final Pattern NO_MODEL =
      Pattern.compile("[+](?:(?:auto|none|lookup)$|[gc]pu(?::|$))");

  /**
   * Reads a spelling.
   *
   * @throws IllegalArgumentException if it names nothing
   */
  static DraftSpelling of(String text) {
    int colon = text.indexOf(':');
    String which = colon < 0 ? AUTO : text.substring(colon + 1);
    DraftSpelling spelling =
        switch (colon < 0 ? text : text.substring(0, colon)) {
          case "gpu" -> new DraftSpelling(DraftPlace.GPU, which);
          case "cpu" -> new DraftSpelling(DraftPlace.CPU, which);
          default -> new DraftSpelling(DraftPlace.AUTO, text);
        };
    if (spelling.which.isEmpty() || spelling.which.equals(LOOKUP_AND)) {
      throw new IllegalArgumentException(
          "--draft names no folder or file; found '%s'".formatted(text));
    }
    if (spelling.which.length() < text.length()
        && (spelling.which.equals(LOOKUP) || spelling.which.equals(NONE))) {
      throw new IllegalArgumentException(
          "gpu: and cpu: say where a draft runs, and with %s there is none; found '%s'"
              .formatted(spelling.which, text));
    }
    if (spelling.which.startsWith(LOOKUP_AND) && NO_MODEL.matcher(spelling.which).find()) {
      throw new IllegalArgumentException(
          "behind lookup+ stands dgf or a draft's folder or file, and gpu: or cpu: before it; found '%s'"
              .formatted(text));
    }
    try {
      spelling.choice();
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException(
          "--draft names no folder or file; found '%s'".formatted(text), e);
    }
    return spelling;
  }

  /** Who guesses. */
  Draft choice() {
    return switch (which) {
      case AUTO -> Draft.auto();
      case LOOKUP -> Draft.lookup();
      default ->
          which.startsWith(LOOKUP_AND)
              ? Draft.lookup(model(which.substring(LOOKUP_AND.length())))
              : model(which);
    };
  }

  private static Draft.Model model(String name) {
    return switch (name) {
      case NONE -> Draft.none();
      case DGF -> Draft.bundled();
      default -> Draft.of(Path.of(name));
    };
  }
}
