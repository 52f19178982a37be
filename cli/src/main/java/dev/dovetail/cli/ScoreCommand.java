package dev.dovetail.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.round.Target;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dovetail score}. */
@Command(
    name = "score",
    description = "Measures the perplexity of a text, or shows the logits at its positions.",
    footer = {
      "",
      "With --jsonl, each line {\"ids\":[...]} or {\"text\":\"...\"} is answered by a line",
      "{\"ids\":[...],\"positions\":[{\"position\":P,\"logsumexp\":X,\"top\":[[ID,LOGIT],...]}]},",
      "where position P is the state after ids[0..P].",
      "",
      "Perplexity is measured over windows of the context's size without overlap; the first token"
          + " of",
      "each is given, the others are predicted.",
      "",
      "Examples:",
      "  dovetail score --file README.md",
      "  echo '{\"text\":\"Once upon a time\"}' | dovetail score --jsonl --top 3",
    })
final class ScoreCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private PromptSource text;

  @Option(names = "--jsonl", order = 6, description = "Read and print lines of JSON.")
  private boolean jsonl;

  @Option(
      names = "--top",
      order = 7,
      paramLabel = "K",
      defaultValue = "16",
      description = "With --jsonl: the K largest logits. Default: ${DEFAULT-VALUE}.")
  private int top;

  @Option(
      names = "--every",
      order = 8,
      paramLabel = "N",
      defaultValue = "1",
      description =
          "With --jsonl: positions 0, N, 2N, ... and the last. Default: ${DEFAULT-VALUE}.")
  private int every;

  @Mixin private ModelOption model;
  @Mixin private EngineOptions engine;
  @Spec private CommandSpec spec;

  ScoreCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    OptionChecks checks = new OptionChecks(spec);
    checks.that(top >= 1, "--top must be at least 1; found " + top);
    checks.that(every >= 1, "--every must be at least 1; found " + every);
    text.check(console, jsonl);
    engine.check();
    try (Engine opened =
            engine
                .open(model.name(), new ModelLocator(console))
                .draft(Draft.none())
                .gpuLayers(0)
                .build();
        Target target = opened.newTarget()) {
      Scorer scorer = new Scorer(target);
      if (jsonl) {
        text.withLines(
            console,
            lines ->
                JsonLines.answer(
                    lines, console.out(), line -> answer(ids(line, opened), scorer, target)));
      } else {
        printPerplexity(opened, scorer, target);
      }
    }
    return Cli.DONE;
  }

  private void printPerplexity(Engine opened, Scorer scorer, Target target) {
    int[] ids = opened.rawPrompt(text.read(console));
    Perplexity perplexity = Perplexity.of(scorer, ids, target.vocabulary(), target.capacity());
    console
        .out()
        .line(
            "perplexity %s over %d tokens (%s nats each)"
                .formatted(
                    Units.decimal(perplexity.value(), 4),
                    perplexity.predicted(),
                    Units.decimal(perplexity.nats(), 5)));
  }

  private static int[] ids(JsonNode line, Engine opened) {
    if (line.path("text").isTextual() && !line.has("ids")) {
      return opened.rawPrompt(line.get("text").textValue());
    }
    JsonNode given = line.path("ids");
    if (!given.isArray() || line.has("text")) {
      throw new IllegalArgumentException("wanted an object with ids or text");
    }
    int[] ids = new int[given.size()];
    for (int i = 0; i < ids.length; i++) {
      if (!given.get(i).canConvertToInt() || !given.get(i).isIntegralNumber()) {
        throw new IllegalArgumentException("wanted whole numbers as ids; found " + given.get(i));
      }
      ids[i] = given.get(i).intValue();
    }
    return ids;
  }

  private ObjectNode answer(int[] ids, Scorer scorer, Target target) {
    ObjectNode result = Json.object();
    ArrayNode given = result.putArray("ids");
    for (int id : ids) {
      given.add(id);
    }
    ArrayNode positions = result.putArray("positions");
    int vocabulary = target.vocabulary();
    scorer.score(
        ids,
        every,
        (position, logits, offset) -> {
          ObjectNode node = positions.addObject();
          node.put("position", position);
          node.put("logsumexp", Scorer.logSumExp(logits, offset, vocabulary));
          ArrayNode largest = node.putArray("top");
          for (int id : Scorer.largest(logits, offset, vocabulary, top)) {
            largest.addArray().add(id).add(logits[offset + id]);
          }
        });
    return result;
  }
}
