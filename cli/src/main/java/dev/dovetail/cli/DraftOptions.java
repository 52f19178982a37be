package dev.dovetail.cli;

import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.round.TreeShape;
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
          "Who guesses: lookup (the text itself, where it repeats what it has said), dgf (the"
              + " draft that comes with the model), a draft's folder or file, lookup+FOLDER (first"
              + " the one, then the other), none (plain decoding), or auto (lookup, and dgf if there"
              + " is one; the default). A draft runs on the GPU if there is one with room for it;"
              + " gpu, cpu, gpu:FOLDER and cpu:FOLDER choose. The text is the same.")
  private String draft = DraftSpelling.AUTO;

  @Option(
      names = "--tree",
      order = 21,
      paramLabel = "SHAPE",
      description =
          "How many tokens are guessed in every round: 4 is a chain of four, 4x2 a tree of four"
              + " levels with two tokens each (a lookup's is a chain). Default: as many as pay, which is learnt on the"
              + " way; 'plan' predicts for 1.")
  private String tree;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  void applyTo(Dovetail.Builder builder) {
    builder.draft(choice()).draftPlace(DraftSpelling.of(draft).place());
    tree().ifPresent(builder::tree);
  }

  /** Who guesses. */
  Draft choice() {
    return DraftSpelling.of(draft).choice();
  }

  /** How much at a time, if it was given. */
  Optional<TreeShape> tree() {
    return tree == null ? Optional.empty() : Optional.of(shape());
  }

  /** Checks what can be checked without a model. */
  void check() {
    new OptionChecks(spec).make(() -> DraftSpelling.of(draft));
    tree();
  }

  private TreeShape shape() {
    return new OptionChecks(spec).make(() -> TreeShape.parse(tree));
  }
}
