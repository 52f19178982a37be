package dev.dovetail.cli;

import dev.dovetail.engine.BatchGenerator;
import dev.dovetail.engine.BatchPrompt;
import dev.dovetail.engine.Cancellation;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.Engine;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code dovetail batch}. */
@Command(
    name = "batch",
    description = "Continues many prompts at once, for throughput, on the CPU.",
    footer = {
      "",
      "Each line of PROMPTS is {\"id\":\"...\"} with one of \"prompt\":\"raw text\", \"prompt_ids\":[...]"
          + " and",
      "\"messages\":[{\"role\":\"user\",\"content\":\"...\"}], and if wanted \"max_tokens\" (0: the"
          + " prompt is read",
      "only), \"temperature\", \"seed\", \"stop\":[...], and \"parse_special\":true beside a prompt"
          + " whose",
      "spellings of special tokens shall become those tokens.",
      "",
      "Each line of TEXTS is {\"id\",\"prompt_ids\",\"token_ids\",\"text\",\"finish_reason\",",
      "\"temperature\",\"seed\"}, with"
          + " --features also \"feature_row\" and \"feature_rows\". What is in TEXTS",
      "already is not made again.",
      "",
      "Ctrl-C keeps the texts that are done (exit code 130); the same command goes on with the rest.",
      "",
      "Example:",
      "  dovetail batch prompts.jsonl --out texts.jsonl --features features.f16 -n 256 --temp 0.8",
    })
final class BatchCommand implements Callable<Integer> {
  private static final int MOST_TEXTS = 128;

  private final Console console;

  @Parameters(
      paramLabel = "PROMPTS",
      description = "Prompts, a JSON object each line; - reads standard input.")
  private String prompts;

  @Option(
      names = "--out",
      order = 5,
      required = true,
      paramLabel = "TEXTS",
      description = "Where texts go, a line of JSON each, in the order in which they end.")
  private Path out;

  @Option(
      names = "--features",
      order = 6,
      paramLabel = "FILE",
      description =
          "Where the features of all tokens go that the model has read: rows of f16 numbers,"
              + " little-endian.")
  private Path features;

  @Option(
      names = "--parallel",
      order = 7,
      paramLabel = "N",
      defaultValue = "32",
      description =
          "Texts at once, 1 to "
              + MOST_TEXTS
              + ". Default: ${DEFAULT-VALUE}. The texts are the same.")
  private int parallel;

  @Mixin private ModelOption model;
  @Mixin private GenerationFlags generation;
  @Mixin private EngineOptions engine;
  @Spec private CommandSpec spec;

  BatchCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    OptionChecks checks = new OptionChecks(spec);
    checks.that(
        parallel >= 1 && parallel <= MOST_TEXTS,
        "--parallel must be 1 to %d; found %d".formatted(MOST_TEXTS, parallel));
    checks.that(!out.equals(features), "--out and --features name one file");
    checks.that(!out.equals(Path.of(prompts)), "--out names the file of prompts");
    BatchInput.Defaults defaults =
        new BatchInput.Defaults(
            generation.maxTokens(0), generation.sampling(0), generation.stops(), features != null);
    engine.check();
    BatchInput input = read();
    try (Engine opened =
        engine
            .open(model.name(), new ModelLocator(console))
            .draft(Draft.none())
            .gpuLayers(0)
            .build()) {
      return run(opened, input, defaults);
    }
  }

  private BatchInput read() {
    if (prompts.equals("-")) {
      return BatchInput.read(new Utf8Lines(console.in(), "standard input"));
    }
    Path file = Path.of(prompts);
    if (Files.isDirectory(file)) {
      throw new IllegalArgumentException(file + " is a folder, wanted a file of prompts");
    }
    try (InputStream in = Files.newInputStream(file)) {
      return BatchInput.read(new Utf8Lines(in, prompts));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private int run(Engine opened, BatchInput input, BatchInput.Defaults defaults) {
    int width = opened.config().hidden();
    Optional<Path> rows = Optional.ofNullable(features);
    BatchResume before = BatchResume.of(out, rows, width);
    List<BatchPrompt> wanted = input.prompts(opened, defaults, before.ids());
    if (wanted.size() < input.size()) {
      console
          .err()
          .line(
              "dovetail: %d of %d texts are in %s already"
                  .formatted(input.size() - wanted.size(), input.size(), out));
    }
    Cancellation cancellation = new Cancellation();
    try (BatchOutput output = BatchOutput.open(out, rows, width, before);
        BatchGenerator batch = opened.newBatch(parallel);
        Interrupts.Scope _ = console.interrupts().handleOnce(cancellation::cancel);
        BatchProgress progress = new BatchProgress(console, batch, wanted.size())) {
      batch.run(
          wanted.iterator(),
          text -> {
            output.add(text);
            progress.step();
          },
          cancellation);
      return progress.done() < wanted.size() ? Cli.INTERRUPTED : Cli.DONE;
    }
  }
}
