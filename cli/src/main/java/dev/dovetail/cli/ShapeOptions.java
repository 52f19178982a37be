package dev.dovetail.cli;

import dev.dovetail.engine.plan.DraftShape;
import dev.dovetail.engine.plan.KnownShape;
import dev.dovetail.engine.plan.ModelShape;
import dev.dovetail.models.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A model of which there is no file. */
final class ShapeOptions {
  /** Those of the paper: a tree of 7 levels, of which 16 nodes are verified. */
  static final int NODES = 16;

  static final int LEVELS = 7;

  private static final int DRAFT_LAYERS = 5;
  private static final int MOST_NODES = 64;
  private static final List<String> OWN =
      List.of("--type", "--gpu-type", "--draft-layers", "--nodes", "--levels");

  @Option(
      names = "--shape",
      order = 11,
      paramLabel = "NAME",
      description =
          "Instead of a file: llama2-7b, llama2-13b, llama3-8b or qwen2.5-7b. The next five options"
              + " belong to it.")
  private String shape;

  @Option(
      names = "--type",
      order = 12,
      paramLabel = "TYPE",
      description = "Type of its weights, such as f32, f16, q8_0, q4_0. Default: f16.")
  private String type;

  @Option(
      names = "--gpu-type",
      order = 13,
      paramLabel = "TYPE",
      description = "Type of its layers on the GPU. Default: that of --type.")
  private String gpuType;

  @Option(
      names = "--draft-layers",
      order = 14,
      paramLabel = "N",
      description = "Layers of its draft, in f16. Default: 5, as in the paper.")
  private Integer draftLayers;

  @Option(
      names = "--nodes",
      order = 15,
      paramLabel = "N",
      description = "Tokens of a verification pass, the pending one among them. Default: 16.")
  private Integer nodes;

  @Option(
      names = "--levels",
      order = 16,
      paramLabel = "N",
      description = "Levels of the tree, each a step of the draft. Default: 7.")
  private Integer levels;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  boolean given() {
    return shape != null;
  }

  void check() {
    OptionChecks checks = new OptionChecks(spec);
    if (!given()) {
      for (String option : OWN) {
        checks.that(
            !spec.commandLine().getParseResult().hasMatchedOption(option),
            option + " belongs to --shape; a file has its own");
      }
      return;
    }
    for (String option : List.of("--model", "--tree", "--prompt")) {
      checks.that(
          !spec.commandLine().getParseResult().hasMatchedOption(option),
          option + " is of a file, and --shape names none");
    }
    checks.that(
        nodes() >= 2 && nodes() <= MOST_NODES,
        "--nodes must be 2 to %d; found %d".formatted(MOST_NODES, nodes()));
    checks.that(
        levels() >= 1 && levels() < nodes(),
        "--levels must be 1 to %d, the nodes below the pending token; found %d"
            .formatted(nodes() - 1, levels()));
    checks.make(this::target);
    checks.make(this::draft);
  }

  private KnownShape shape() {
    return KnownShape.named(shape);
  }

  ModelShape target() {
    TensorType cpu = type == null ? TensorType.F16 : type("--type", type);
    return shape().target(cpu, gpuType == null ? cpu : type("--gpu-type", gpuType));
  }

  DraftShape draft() {
    return shape().draft(draftLayers == null ? DRAFT_LAYERS : draftLayers, TensorType.F16);
  }

  int nodes() {
    return nodes == null ? NODES : nodes;
  }

  int levels() {
    return levels == null ? LEVELS : levels;
  }

  /** The types of layers, for people. */
  String types() {
    TensorType cpu = type == null ? TensorType.F16 : type("--type", type);
    return "%s on the CPU, %s on the GPU"
        .formatted(cpu, gpuType == null ? cpu : type("--gpu-type", gpuType));
  }

  private static TensorType type(String option, String name) {
    Optional<TensorType> found =
        Arrays.stream(TensorType.values())
            .filter(each -> each != TensorType.I32)
            .filter(each -> each.name().equalsIgnoreCase(name))
            .findFirst();
    return found.orElseThrow(() ->
        new IllegalArgumentException(
            "%s must be one of %s; found '%s'"
                .formatted(
                    option,
                    Arrays.stream(TensorType.values())
                        .filter(each -> each != TensorType.I32)
                        .map(each -> each.name().toLowerCase(Locale.ROOT))
                        .collect(Collectors.joining(", ")),
                    name)));
  }
}
