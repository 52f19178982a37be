package dev.dovetail.cli;

import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.models.ModelConfig;
import dev.dovetail.models.gguf.GgufFile;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How the model is run. */
final class EngineOptions {
  @Option(
      names = "--ctx",
      order = 50,
      paramLabel = "N",
      description =
          "Room for this many tokens, prompt and answer together. Default: the model's own.")
  private int context;

  @Option(
      names = "--kv",
      order = 51,
      paramLabel = "TYPE",
      description =
          "Keep the context's keys and values in f32 or in f16: half the memory, and another text"
              + " now and then. Default: f32.")
  private String kv = "f32";

  @Option(
      names = "--threads",
      order = 52,
      paramLabel = "N",
      description = "Threads. Default: one for each performance core that this process may use.")
  private int threads;

  @Option(
      names = "--kernels",
      order = 53,
      paramLabel = "KIND",
      description =
          "scalar or panama (vector instructions). Default: panama. The text is the same.")
  private String kernels;

  @Option(
      names = "--vector-bits",
      order = 54,
      paramLabel = "N",
      description = "Vector width: 128, 256 or 512. Default: what the processor prefers.")
  private Integer vectorBits;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  /**
   * Checks the options, finds the model, and hands both to a builder; the kernels' choice holds for
   * the process.
   */
  Dovetail.Builder open(String name, ModelLocator locator) {
    check();
    if (kernels != null) {
      System.setProperty("dovetail.kernels", kernels);
    }
    if (vectorBits != null) {
      System.setProperty("dovetail.vectorBits", vectorBits.toString());
    }
    Dovetail.warmUp();
    Path model = locator.locate(name);
    Dovetail.Builder builder = Dovetail.open(model).threads(threads).kv(kvType());
    locator.packedFolder(model).ifPresent(builder::weightCache);
    if (context > 0) {
      checkMemory(model);
      builder.context(context);
    }
    return builder;
  }

  /** Checks what can be checked without a model. */
  void check() {
    OptionChecks checks = new OptionChecks(spec);
    checks.that(
        context == 0
            ? !spec.commandLine().getParseResult().hasMatchedOption("--ctx")
            : context >= 2,
        "--ctx must be at least 2; found " + context);
    checks.that(
        kv.equals("f32") || kv.equals("f16"), "--kv must be f32 or f16; found '" + kv + "'");
    checks.that(
        threads == 0
            ? !spec.commandLine().getParseResult().hasMatchedOption("--threads")
            : threads > 0 && threads <= 1024,
        "--threads must be 1 to 1024; found " + threads);
    checks.that(
        kernels == null || kernels.equals("scalar") || kernels.equals("panama"),
        "--kernels must be scalar or panama; found '" + kernels + "'");
    checks.that(
        vectorBits == null || vectorBits == 128 || vectorBits == 256 || vectorBits == 512,
        "--vector-bits must be 128, 256 or 512; found " + vectorBits);
  }

  /** Tokens of the context: as given, or else the model's own. */
  int contextOr(int own) {
    return context == 0 ? own : context;
  }

  /** Worker threads, 0 for the default. */
  int threads() {
    return threads;
  }

  /** How keys and values are kept. */
  KvType kvType() {
    return kv.equals("f16") ? KvType.F16 : KvType.F32;
  }

  /**
   * Refuses a context that cannot be kept before anything is loaded: memory is taken only as it
   * fills.
   */
  private void checkMemory(Path model) {
    ModelConfig config;
    try (GgufFile file = GgufFile.open(model)) {
      config = file.modelConfig();
    }
    if (context > config.contextLength()) {
      throw new ParameterException(
          spec.commandLine(),
          "--ctx %d is larger than the %d tokens that the model was made for"
              .formatted(context, config.contextLength()));
    }
    long perToken = 2L * kvType().bytes() * config.layers() * config.kvHeads() * config.headDim();
    long wanted = Math.multiplyExact(perToken, (long) context);
    long limit = Runtime.getRuntime().maxMemory();
    if (wanted > limit) {
      throw new IllegalArgumentException(
          "a context of %d tokens takes %s, and %s may be used: choose a smaller --ctx, %sor a larger heap by DOVETAIL_JAVA_OPTS=-Xmx..."
              .formatted(
                  context,
                  Units.bytes(wanted),
                  Units.bytes(limit),
                  kvType() == KvType.F32 ? "--kv f16, " : ""));
    }
  }
}
