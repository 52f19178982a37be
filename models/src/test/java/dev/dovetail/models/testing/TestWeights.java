package dev.dovetail.models.testing;

import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Real weights for tests. They lie in the store, {@code $DOVETAIL_MODELS} or {@code
 * ~/.cache/dovetail/models}; a test that asks for one that is not there is skipped and says so, or
 * fails under {@code -Drequire.weights=true}.
 */
public final class TestWeights {
  private TestWeights() {}

  /** SmolLM2-135M-Instruct, Q4_1: llama architecture, tied head. */
  public static Path smolLm2() {
    return require("SmolLM2-135M-Instruct.Q4_1.gguf");
  }

  /** Qwen2.5-Coder-1.5B-Instruct, Q4_K_M: qwen2 architecture, biases, separate head. */
  public static Path qwenCoder() {
    return require("qwen2.5-coder-1.5b-instruct-q4_k_m.gguf");
  }

  private static Path require(String name) {
    String store = System.getenv("DOVETAIL_MODELS");
    Path folder =
        store == null || store.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache", "dovetail", "models")
            : Path.of(store);
    Path file = folder.resolve(name);
    if (Files.isRegularFile(file)) {
      return file;
    }
    String message = "real weights are not at hand: " + file + " (./dovetail pull fetches them)";
    // Only the default model is demanded: the larger one is fetched by choice.
    if (Boolean.getBoolean("require.weights") && name.startsWith("SmolLM2")) {
      throw new AssertionError(message);
    }
    return abort(message);
  }
}
