package dev.dovetail.gpu.kernel;

/**
 * Activations {@code [tokens][width]} in the GPU's memory.
 *
 * @param address of the first token's first number
 * @param stride numbers from one token to the next
 */
public record FloatRows(long address, int width, int stride) {}
