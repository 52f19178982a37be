package dev.dovetail.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.dovetail.models.testing.TestWeights;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The logits of real models against an independent forward pass in f32 by another program: 16
 * largest logits, at every eighth position and the last.
 */
@Tag("weights")
class ScoreGoldenTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void smolLm2() throws IOException {
    compare(TestWeights.smolLm2(), "smollm2-135m-instruct-q4_1.jsonl", 4);
  }

  @Test
  void qwenCoder() throws IOException {
    // The two short texts: this model takes its time.
    compare(TestWeights.qwenCoder(), "qwen2.5-coder-1.5b-instruct-q4_k_m.jsonl", 2);
  }

  private static void compare(Path model, String resource, int texts) throws IOException {
    List<JsonNode> golden =
        lines(resource).stream()
            .sorted((a, b) -> a.get("ids").size() - b.get("ids").size())
            .limit(texts)
            .toList();
    StringBuilder input = new StringBuilder();
    golden.forEach(line -> input.append("{\"ids\":").append(line.get("ids")).append("}\n"));

    CliRunner.Result result =
        new CliRunner()
            .in(input.toString())
            .run("score", "-m", model.toString(), "--jsonl", "--every", "8", "--top", "64");

    assertThat(result.err()).isEmpty();
    List<String> answers = result.out().lines().toList();
    assertThat(answers).hasSize(texts);
    double divergence = 0;
    int positions = 0;
    for (int i = 0; i < texts; i++) {
      JsonNode found = JSON.readTree(answers.get(i)).get("positions");
      JsonNode wanted = golden.get(i).get("positions");
      assertThat(found).hasSameSizeAs(wanted);
      for (int p = 0; p < wanted.size(); p++) {
        divergence += divergence(wanted.get(p), found.get(p), "text " + i + ", position " + p);
        positions++;
      }
    }
    assertThat(divergence / positions).as("mean KL divergence").isLessThan(1e-6);
  }

  /**
   * Compares one position; gives the KL divergence over the 16 tokens and one bucket for the rest.
   */
  private static double divergence(JsonNode wanted, JsonNode found, String where) {
    assertThat(found.get("position")).as(where).isEqualTo(wanted.get("position"));
    assertThat(found.get("top").get(0).get(0)).as(where).isEqualTo(wanted.get("top").get(0).get(0));
    Map<Integer, Double> logits = new HashMap<>();
    found.get("top").forEach(pair -> logits.put(pair.get(0).asInt(), pair.get(1).asDouble()));
    double sum = 0;
    double restWanted = 1;
    double restFound = 1;
    for (JsonNode pair : wanted.get("top")) {
      int id = pair.get(0).asInt();
      double logit = pair.get(1).asDouble();
      assertThat(logits).as(where).containsKey(id);
      assertThat(logits.get(id)).as(where + ", token " + id).isCloseTo(logit, within(2e-3));
      double p = Math.exp(logit - wanted.get("logsumexp").asDouble());
      double q = Math.exp(logits.get(id) - found.get("logsumexp").asDouble());
      sum += p * Math.log(p / q);
      restWanted -= p;
      restFound -= q;
    }
    // The golden logits are rounded to five digits: a rest that small is all rounding.
    return restWanted > 1e-5 && restFound > 1e-5
        ? sum + restWanted * Math.log(restWanted / restFound)
        : sum;
  }

  private static List<JsonNode> lines(String resource) throws IOException {
    try (InputStream in = ScoreGoldenTest.class.getResourceAsStream("golden/" + resource)) {
      assertThat(in).isNotNull();
      List<JsonNode> lines = new java.util.ArrayList<>();
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        lines.add(JSON.readTree(line));
      }
      return lines;
    }
  }
}
