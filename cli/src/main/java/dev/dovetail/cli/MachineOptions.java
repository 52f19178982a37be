package dev.dovetail.cli;

import java.util.OptionalDouble;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What a prediction starts from, where it is not to be measured or assumed. */
final class MachineOptions {
  @Option(
      names = "--cpu-bandwidth",
      order = 40,
      paramLabel = "GB/S",
      description = "10^9 bytes of weights that the CPU reads per second. Default: measured.")
  private Double cpuBandwidth;

  @Option(
      names = "--cpu-gmacs",
      order = 41,
      paramLabel = "GMAC/S",
      description = "10^9 multiply-adds of the CPU per second. Default: measured.")
  private Double cpuGmacs;

  @Option(
      names = "--gpu-bandwidth",
      order = 42,
      paramLabel = "GB/S",
      description = "What the GPU's maker says of its memory. Default: 200, a small card's.")
  private Double gpuBandwidth;

  @Option(
      names = "--tau",
      order = 43,
      paramLabel = "X",
      description =
          "Tokens per verification pass. Default: measured; with --shape the paper's, 5.90 for"
              + " LLaMA2-Chat-7B on HumanEval.")
  private Double tau;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  void check() {
    OptionChecks checks = new OptionChecks(spec);
    rate(checks, "--cpu-bandwidth", cpuBandwidth);
    rate(checks, "--cpu-gmacs", cpuGmacs);
    rate(checks, "--gpu-bandwidth", gpuBandwidth);
    checks.that(
        tau == null || tau >= 1 && Double.isFinite(tau), "--tau must be at least 1; found " + tau);
  }

  private static void rate(OptionChecks checks, String option, Double value) {
    checks.that(
        value == null || value > 0 && Double.isFinite(value),
        option + " must be above 0; found " + value);
  }

  OptionalDouble cpuBandwidth() {
    return optional(cpuBandwidth);
  }

  OptionalDouble cpuGmacs() {
    return optional(cpuGmacs);
  }

  OptionalDouble gpuBandwidth() {
    return optional(gpuBandwidth);
  }

  OptionalDouble tau() {
    return optional(tau);
  }

  private static OptionalDouble optional(Double value) {
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
  }
}
