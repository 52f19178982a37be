package dev.dovetail.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.dovetail.engine.Completion;
import dev.dovetail.engine.GenerationStats;
import dev.dovetail.engine.round.RoundCounts;

/** What {@code run --json} prints. The order of the fields is part of the format. */
final class CompletionJson {
  private CompletionJson() {}

  static String of(Completion completion) {
    ObjectNode root = Json.object();
    root.put("text", completion.text());
    completion.tokenIds().forEach(root.putArray("token_ids")::add);
    root.put("prompt_tokens", completion.promptTokens());
    root.put("finish_reason", completion.finishReason().jsonName());
    root.put("seed", completion.seed());
    root.set("stats", stats(completion.stats()));
    return root.toString();
  }

  private static ObjectNode stats(GenerationStats stats) {
    ObjectNode node = Json.object();
    node.put("load_ms", stats.loadMs());
    node.put("ttft_ms", stats.ttftMs());
    node.put("prefill_tok_per_s", stats.prefillTokPerS());
    node.put("decode_tok_per_s", stats.decodeTokPerS());
    node.put("rounds", stats.rounds());
    node.put("tau", stats.tau());
    node.put("drafted", stats.drafted());
    node.put("accepted", stats.accepted());
    RoundCounts counts = stats.counts();
    counts.byAccepted().forEach(node.putArray("rounds_by_accepted")::add);
    counts.byDepth().forEach(node.putArray("rounds_by_depth")::add);
    counts.wholeByDepth().forEach(node.putArray("whole_by_depth")::add);
    ObjectNode nodes = node.putObject("rounds_by_nodes");
    counts.byNodes().forEach((n, rounds) -> nodes.put(n.toString(), rounds));
    node.put("lookup_rounds", counts.lookedUp());
    node.put("lookup_accepted", counts.lookedUpAccepted());
    node.put("draft_ms", stats.draftMs());
    node.put("verify_ms", stats.verifyMs());
    node.put("channel_ms", stats.channelMs());
    node.put("draft_hidden_ms", stats.ahead().hiddenNanos() / 1e6);
    node.put("ahead_used", stats.ahead().used());
    node.put("ahead_dropped", stats.ahead().dropped());
    node.put("bytes_to_draft", stats.bytesToDraft());
    node.put("bytes_from_draft", stats.bytesFromDraft());
    node.put(
        "peak_rss_bytes",
        stats.peakRssBytes().isPresent() ? (Long) stats.peakRssBytes().getAsLong() : null);
    node.put("peak_vram_bytes", stats.peakVramBytes());
    node.put("gpu_layers", stats.gpuLayers());
    node.put("gpu_lost", stats.gpuLost().orElse(null));
    node.put("draft", stats.draft());
    node.put("kernels", stats.kernels());
    node.put("threads", stats.threads());
    return node;
  }
}
