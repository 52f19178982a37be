package dev.dovetail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dovetail.engine.Completion;
import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.GenerationOptions;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.SamplingOptions;
import dev.dovetail.models.store.ModelStore;
import dev.dovetail.models.store.PullListener;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A trained target with its trained draft, which is here on every machine. */
class TinyPairTest {
  /** Code that is in nobody's training text. */
  private static final List<String> PROMPTS =
      List.of(
          "def total_weight(parcels):\n    \"\"\"Add up what all parcels weigh.\"\"\"\n",
          "class Kiln:\n    def __init__(self, limit):\n        self.limit = limit\n\n    def fire(self",
          "import os\nimport sys\n\n\ndef main(",
          "    for row in table:\n        if row is None:\n            continue\n",
          "def open_gate(self, key, *, slowly=False):\n    if key not in self.keys:\n        raise",
          "    try:\n        tide = self.read_tide(harbour)\n    except",
          "class LanternError(Exception):\n",
          "# Copyright of the harbour office.\n\nfrom collections import");

  private static final int TOKENS = 80;

  @TempDir private static Path folder;
  private static Path tiny;
  private static Engine plain;
  private static Engine drafted;

  @BeforeAll
  static void open() throws IOException {
    tiny =
        ModelStore.open(Map.of("DOVETAIL_MODELS", folder.toString()))
            .pull("tiny", PullListener.SILENT);
    plain = Dovetail.open(tiny).threads(2).draft(Draft.none()).build();
    drafted = Dovetail.open(tiny).threads(2).draft(Draft.auto()).build();
  }

  @AfterAll
  static void close() {
    drafted.close();
    plain.close();
  }

  @ParameterizedTest
  @CsvSource({"1, 0", "4, 0", "4x2, 0", "6x4, 0", "2, 0.8", "4x2, 0.8", "4x3, 1.3"})
  void textsWithTheDraftArePlainDecodings(String tree, float temperature) {
    for (String prompt : PROMPTS) {
      GenerationOptions options = options(temperature).withTree(TreeShape.parse(tree));

      assertThat(complete(drafted, prompt, options).tokenIds())
          .as(prompt)
          .isEqualTo(complete(plain, prompt, options).tokenIds());
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {0, 0.8f})
  void soAreTextsWithTreesThatPay(float temperature) {
    long guessed = 0;
    for (String prompt : PROMPTS) {
      Completion text = complete(drafted, prompt, options(temperature));

      assertThat(text.tokenIds())
          .as(prompt)
          .isEqualTo(complete(plain, prompt, options(temperature)).tokenIds());
      guessed += text.stats().drafted();
    }
    assertThat(guessed).isPositive();
  }

  /** The prompts hold little to look up; behind them the model repeats itself. */
  @Test
  void lookupsAloneGuessToo() {
    long lookedUp = 0;
    try (Engine engine = Dovetail.open(tiny).threads(2).draft(Draft.lookup()).build()) {
      for (String prompt : PROMPTS) {
        Completion text = complete(engine, prompt, options(0).withTree(TreeShape.parse("4")));

        assertThat(text.tokenIds()).isEqualTo(complete(plain, prompt, options(0)).tokenIds());
        assertThat(text.stats().draft()).isEqualTo("lookup");
        assertThat(text.stats().counts().lookedUpAccepted()).isEqualTo(text.stats().accepted());
        lookedUp += text.stats().accepted();
      }
    }
    assertThat(lookedUp).isPositive();
  }

  /** The draft alone, without lookups. */
  @Test
  void theDraftAgreesWithItsTarget() {
    List<Completion> texts = new ArrayList<>();
    try (Engine engine = Dovetail.open(tiny).threads(2).draft(Draft.bundled()).build()) {
      for (String prompt : PROMPTS) {
        texts.add(complete(engine, prompt, options(0).withTree(TreeShape.parse("4"))));
      }
    }
    assertThat(texts).allMatch(text -> text.stats().counts().lookedUp() == 0);

    double tokens = texts.stream().mapToInt(text -> text.tokenIds().size() - 1).sum();
    double rounds = texts.stream().mapToLong(text -> text.stats().rounds()).sum();
    assertThat(tokens / rounds).as("tau of chains of four").isGreaterThan(2.5);
  }

  private static GenerationOptions options(float temperature) {
    return GenerationOptions.greedy()
        .withMaxTokens(TOKENS)
        .withSampling(SamplingOptions.of(temperature, 11));
  }

  private static Completion complete(Engine engine, String prompt, GenerationOptions options) {
    return engine.complete(prompt, options, token -> {});
  }
}
