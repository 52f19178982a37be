package dev.dovetail.cli;

import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.DraftPlace;
import dev.dovetail.engine.round.TreeShape;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Who guesses, and how much at a time. */
final class DraftOptions {
  @Option(
      names = {"-d", "--draft"},
      order = 20,
      paramLabel = "DRAFT",
      description =
          "auto (the draft that comes with the model, if there is one; the default), none (plain"
              + " decoding), or a draft's folder or file. It runs on the GPU if there is one with"
              + " room for it; gpu, cpu, gpu:FOLDER and cpu:FOLDER choose. The text is the same.")
  private String draft = "auto";

  @Option(
      names = "--tree",
      order = 21,
      paramLabel = "SHAPE",
      description =
          "How many tokens the draft guesses at a time: 4 is a chain of four, 4x2 a tree of four"
              + " levels with two tokens each.")
  private String tree;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  void applyTo(Dovetail.Builder builder) {
    DraftPlace place = DraftPlace.AUTO;
    String which = draft;
    for (DraftPlace chosen : List.of(DraftPlace.CPU, DraftPlace.GPU)) {
      String word = chosen.name().toLowerCase(Locale.ROOT);
      if (draft.equals(word)) {
        place = chosen;
        which = "auto";
      } else if (draft.startsWith(word + ":")) {
        place = chosen;
        which = draft.substring(word.length() + 1);
      }
    }
    builder
        .draftPlace(place)
        .draft(
            switch (which) {
              case "auto" -> Draft.auto();
              case "none" -> Draft.none();
              default -> Draft.of(Path.of(which));
            });
    if (tree != null) {
      builder.tree(shape());
    }
  }

  /** Checks what can be checked without a model. */
  void check() {
    if (tree != null) {
      shape();
    }
  }

  private TreeShape shape() {
    return new OptionChecks(spec).make(() -> TreeShape.parse(tree));
  }
}
