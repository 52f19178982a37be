package dev.dovetail.cli;

import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.round.TreeShape;
import java.nio.file.Path;
import java.util.Optional;
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
              + " decoding), or a draft's folder or file. The text is the same.")
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
    builder.draft(choice());
    tree().ifPresent(builder::tree);
  }

  /** Who guesses. */
  Draft choice() {
    return switch (draft) {
      case "auto" -> Draft.auto();
      case "none" -> Draft.none();
      default -> Draft.of(Path.of(draft));
    };
  }

  /** How much at a time, if it was given. */
  Optional<TreeShape> tree() {
    return tree == null ? Optional.empty() : Optional.of(shape());
  }

  /** Checks what can be checked without a model. */
  void check() {
    tree();
  }

  private TreeShape shape() {
    return new OptionChecks(spec).make(() -> TreeShape.parse(tree));
  }
}
