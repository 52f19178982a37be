package dev.dovetail.cli.humaneval;

/**
 * What was measured on. Null where it is not known.
 *
 * @param jdk the Java runtime's version
 * @param vectorBits width of the kernels' vectors; null for scalar ones
 * @param threads of the engine
 * @param readGbPerS 10^9 bytes per second from memory, as {@code bench cost} measures
 * @param fmaGmacPerS 10^9 f32 multiply-adds per second
 * @param gpu the GPU that would be used; null without one
 * @param gpuDriver what the driver serves
 * @param gpuLayers how many of the model's layers run on it
 */
public record Conditions(
    String cpu,
    int cores,
    String os,
    String jdk,
    String dovetail,
    String commit,
    String kernels,
    Integer vectorBits,
    int threads,
    String kvType,
    double readGbPerS,
    double fmaGmacPerS,
    String gpu,
    String gpuDriver,
    int gpuLayers,
    Long memoryBytes) {}
