package dev.dovetail.cli.humaneval.page;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Reports as {@code bench humaneval} writes them, from drawn numbers, the same in every run. */
final class MadeReport {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int SEED = 7;

  private final Random random = new Random(SEED);
  private final int problems;
  private final ObjectNode report = MAPPER.createObjectNode();
  private final ArrayNode settings;
  private final ArrayNode summary;
  private final ArrayNode results;
  private final List<Double> plainRates = new ArrayList<>();

  MadeReport(int problems) {
    this.problems = problems;
    report.put("format", "dovetail-humaneval-1").put("created", "2026-11-22T10:00:00Z");
    report.put("complete", true);
    report
        .putObject("conditions")
        .put("cpu", "AMD EPYC 9R45")
        .put("cores", 2)
        .put("os", "Linux 6.1 amd64")
        .put("jdk", "25.0.3+9")
        .put("dovetail", "0.1.0-SNAPSHOT")
        .put("commit", "569b4ba")
        .put("kernels", "panama-512")
        .put("vector_bits", 512)
        .put("threads", 2)
        .put("kv_type", "f32")
        .put("read_gb_per_s", 40.5)
        .put("fma_gmac_per_s", 227.0)
        .putNull("gpu")
        .putNull("gpu_driver")
        .put("memory_bytes", 25_000_000_000L);
    report
        .putObject("model")
        .put("name", "smollm2-135m-instruct")
        .put("file", "SmolLM2-135M-Instruct.Q4_1.gguf")
        .put("sha256", "5f".repeat(32))
        .put("bytes", 98_362_432)
        .put("architecture", "llama")
        .put("types", "Q4_1, Q8_0, F32");
    ObjectNode options = report.putObject("options");
    options.put("prompt", "raw").put("max_tokens", 128).put("temperature", 0.0).put("seed", 0);
    options.put("repeat", 1).put("limit", problems);
    options.putArray("arguments").add("bench").add("humaneval").add("--settings").add("plain auto");
    settings = report.putArray("settings");
    ArrayNode cost = report.putArray("cost");
    for (int n : new int[] {1, 2, 3, 4, 5, 6, 8, 10, 12, 16}) {
      cost.addObject().put("n", n).put("ms", 5.75 * (1 + 0.18 * (n - 1)));
    }
    summary = report.putArray("summary");
    results = report.putArray("results");
  }

  ObjectNode report() {
    return report;
  }

  /** Plain decoding, which the gain of settings added later refers to. */
  MadeReport plain() {
    ObjectNode entry = setting("plain", "plain", null);
    double[] rates = new double[problems];
    for (int i = 0; i < problems; i++) {
      rates[i] = 177 + 4 * random.nextGaussian();
      plainRates.add(rates[i]);
      result(i, "plain", rates[i], 1.0);
    }
    spread(entry, "decode_tok_per_s", rates);
    entry
        .putObject("gain")
        .put("median", 1.0)
        .put("q1", 1.0)
        .put("q3", 1.0)
        .putNull("low")
        .putNull("high");
    common(entry, 1.0, 0.0, 5.75);
    entry.putNull("tree_nodes").putArray("acceptance_by_depth");
    return this;
  }

  /**
   * A setting that speculates.
   *
   * @param gain about which its problems' gains lie; without plain there are none
   */
  MadeReport draft(String name, String tree, double gain, double tau) {
    ObjectNode entry = setting(name, "draft", tree);
    double[] rates = new double[problems];
    double[] gains = new double[problems];
    double[] taus = new double[problems];
    for (int i = 0; i < problems; i++) {
      double luck = Math.exp(0.14 * random.nextGaussian());
      gains[i] = gain * luck;
      taus[i] = Math.max(1, tau * luck);
      rates[i] = gains[i] * (plainRates.isEmpty() ? 177 : plainRates.get(i));
      result(i, name, rates[i], taus[i]);
    }
    spread(entry, "decode_tok_per_s", rates);
    if (plainRates.isEmpty()) {
      entry.putNull("gain");
    } else {
      spread(entry, "gain", gains);
      double middle = entry.get("gain").get("median").doubleValue();
      entry.withObject("/gain").put("low", middle * 0.975).put("high", middle * 1.025);
    }
    common(entry, tau, 2.3, 5.75 * tau / gain - 2.31);
    spread(entry, "tau_by_problem", taus);
    int depth = tree == null ? 0 : Character.digit(tree.charAt(0), 10);
    int width = tree == null || tree.length() < 3 ? 1 : Character.digit(tree.charAt(2), 10);
    ArrayNode acceptance = entry.putArray("acceptance_by_depth");
    for (int i = 0; i < depth; i++) {
      acceptance.add(Math.min(0.95, 0.3 * tau - 0.05 * i));
    }
    entry
        .putObject("tree_nodes")
        .put("median", depth * width)
        .put("q1", depth * width)
        .put("q3", depth * width);
    return this;
  }

  /** Another program, which tells little of itself. */
  MadeReport baseline(String name) {
    ObjectNode entry = setting(name, "baseline", null);
    ((ObjectNode) settings.get(settings.size() - 1)).put("version", "b6000");
    double[] rates = new double[problems];
    double[] gains = new double[problems];
    for (int i = 0; i < problems; i++) {
      gains[i] = 0.82 + 0.03 * random.nextGaussian();
      rates[i] = gains[i] * (plainRates.isEmpty() ? 177 : plainRates.get(i));
      ObjectNode result = result(i, name, rates[i], 1.0);
      result.putNull("tau").putNull("rounds").putNull("draft_ms");
    }
    spread(entry, "decode_tok_per_s", rates);
    if (plainRates.isEmpty()) {
      entry.putNull("gain");
    } else {
      spread(entry, "gain", gains);
    }
    for (String field :
        new String[] {
          "tau",
          "tau_by_problem",
          "tree_nodes",
          "draft_ms_per_round",
          "verify_ms_per_round",
          "channel_ms_per_round",
          "hidden_share",
          "peak_vram_bytes",
          "ttft_ms",
          "prefill_tok_per_s",
          "pass_at_1",
          "first_difference",
          "identical",
          "different",
          "peak_rss_bytes"
        }) {
      entry.putNull(field);
    }
    entry.putArray("acceptance_by_depth");
    return this;
  }

  private ObjectNode setting(String name, String kind, String tree) {
    settings
        .addObject()
        .put("name", name)
        .put("kind", kind)
        .put("draft", kind.equals("draft") ? "dgf" : null)
        .put("draft_sha256", kind.equals("draft") ? "a1".repeat(32) : null)
        .put("tree", tree);
    return summary.addObject().put("setting", name).put("problems", problems);
  }

  private void common(ObjectNode entry, double tau, double draftMs, double verifyMs) {
    entry.putObject("prefill_tok_per_s").put("median", 1510.2).put("q1", 1403.7).put("q3", 1588.1);
    entry.putObject("ttft_ms").put("median", 88.1).put("q1", 61.3).put("q3", 131.9);
    entry.put("tau", tau).putNull("tau_by_problem");
    entry.put("draft_ms_per_round", draftMs).put("verify_ms_per_round", verifyMs);
    entry.put("channel_ms_per_round", draftMs > 0 ? 0.011 : 0.0);
    entry.put("bytes_to_draft_per_round", 1234.0).put("bytes_from_draft_per_round", 56.0);
    entry.put("hidden_share", 0.0).put("peak_rss_bytes", 700_000_000).put("peak_vram_bytes", 0);
    entry.put("identical", problems).put("different", 0).putNull("first_difference");
    int passed = problems * 3 / 5;
    entry
        .putObject("pass_at_1")
        .put("passed", passed)
        .put("of", problems)
        .put("rate", (double) passed / problems);
  }

  private ObjectNode result(int problem, String setting, double rate, double tau) {
    ObjectNode result = results.addObject();
    result.put("problem", "HumanEval/" + problem).put("setting", setting).put("repeat", 0);
    result.put("prompt_tokens", 130).put("text", "SECRET-TEXT").put("finish_reason", "stop");
    result.putArray("token_ids").add(problem).add(424242);
    result.put("draft", setting.equals("plain") ? "none" : "dgf");
    result.put("decode_tok_per_s", rate).put("tau", tau).put("passed", problem % 5 < 3);
    return result;
  }

  private static void spread(ObjectNode entry, String field, double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    entry
        .putObject(field)
        .put("median", sorted[sorted.length / 2])
        .put("q1", sorted[sorted.length / 4])
        .put("q3", sorted[sorted.length * 3 / 4]);
  }
}
