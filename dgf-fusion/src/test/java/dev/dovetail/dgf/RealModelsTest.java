package dev.dovetail.dgf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.dovetail.dgf.testing.TinyGeneration;
import dev.dovetail.engine.Completion;
import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.GenerationOptions;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.SamplingOptions;
import dev.dovetail.models.testing.TestWeights;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Real models: identity with their drafts, and the greedy continuations of an f32 reference in
 * numpy, which took the same weights from the file. Where the reference's two best logits lie
 * closer than {@value #MARGIN}, either may win, and the texts may part.
 */
class RealModelsTest {
  private static final double MARGIN = 1e-3;

  /** A prompt and how the reference continues it. */
  private record Golden(String text, int[] prompt, List<Integer> greedy, int certain) {}

  @Test
  void smolLm2WithItsDraft() throws IOException {
    List<Golden> goldens = goldens("smollm2-135m-instruct-q4_1");
    try (Engine plain = Dovetail.open(TestWeights.smolLm2()).draft(Draft.none()).build();
        Engine drafted = Dovetail.open(TestWeights.smolLm2()).draft(Draft.auto()).build()) {
      assertThat(drafted.draftName()).startsWith("lookup + dgf ");
      for (Golden golden : goldens) {
        assertContinues(plain, golden, golden.greedy.size(), TreeShape.NONE);
        assertIdentity(plain, drafted, golden, SamplingOptions.GREEDY, 32, "2", "4x2");
        assertIdentity(plain, drafted, golden, SamplingOptions.of(0.8f, 7), 24, "4", "4x2");
      }
    }
  }

  private static void assertIdentity(
      Engine plain,
      Engine drafted,
      Golden golden,
      SamplingOptions sampling,
      int tokens,
      String... shapes) {
    GenerationOptions options = TinyGeneration.options(sampling, tokens);
    Completion expected = TinyGeneration.generate(plain, golden.prompt, options);
    for (TreeShape shape : Stream.of(shapes).map(TreeShape::parse).toList()) {
      Completion actual = TinyGeneration.generate(drafted, golden.prompt, options.withTree(shape));
      String what = "'%s', %s, tree %s".formatted(golden.text, sampling, shape);
      assertThat(actual.tokenIds()).as(what).isEqualTo(expected.tokenIds());
      assertThat(actual.text()).as(what).isEqualTo(expected.text());
      assertThat(actual.stats().accepted()).as(what).isPositive();
    }
  }

  @Test
  void qwenCoder() throws IOException {
    int tokens = 16;
    List<Golden> goldens = goldens("qwen2.5-coder-1.5b-instruct-q4_k_m");
    try (Engine engine =
        Dovetail.open(TestWeights.qwenCoder())
            .draft(Draft.using(target -> new RecitingDraft(goldens.getFirst().greedy)))
            .build()) {
      assertContinues(engine, goldens.getLast(), tokens, TreeShape.NONE);
      assertContinues(engine, goldens.getFirst(), tokens, new TreeShape(3, 1));
    }
  }

  /** Requires the reference's text, which goes on where an end token ends ours. */
  private static void assertContinues(Engine engine, Golden golden, int tokens, TreeShape shape) {
    int certain = Math.min(tokens, golden.certain);
    assertThat(certain).as("'%s': tokens with a wide margin", golden.text).isPositive();
    assertThat(engine.rawPrompt(golden.text)).isEqualTo(golden.prompt);
    Completion text =
        TinyGeneration.generate(
            engine,
            golden.prompt,
            TinyGeneration.options(SamplingOptions.GREEDY, certain).withTree(shape));
    int end = 0;
    while (end < certain && !engine.tokenizer().endOfText().contains(golden.greedy.get(end))) {
      end++;
    }
    assertThat(text.tokenIds())
        .as("'%s', tree %s, %s", golden.text, shape, engine.draftName())
        .isEqualTo(golden.greedy.subList(0, Math.min(certain, end + 1)));
  }

  private static List<Golden> goldens(String model) throws IOException {
    List<Golden> goldens = new ArrayList<>();
    try (InputStream in = RealModelsTest.class.getResourceAsStream("greedy/" + model + ".jsonl")) {
      String all = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      for (String line : all.lines().toList()) {
        JsonNode json = new ObjectMapper().readTree(line);
        List<Integer> greedy = ints(json.get("greedy"));
        int certain = 0;
        while (certain < greedy.size() && json.get("margins").get(certain).doubleValue() > MARGIN) {
          certain++;
        }
        int[] prompt = ints(json.get("ids")).stream().mapToInt(id -> id).toArray();
        goldens.add(new Golden(json.get("prompt").textValue(), prompt, greedy, certain));
      }
    }
    return goldens;
  }

  private static List<Integer> ints(JsonNode array) {
    List<Integer> values = new ArrayList<>();
    array.forEach(value -> values.add(value.intValue()));
    return values;
  }
}
