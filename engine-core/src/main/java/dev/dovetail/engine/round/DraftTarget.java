package dev.dovetail.engine.round;

import dev.dovetail.engine.device.Device;
import dev.dovetail.models.ModelConfig;
import dev.dovetail.models.Tensor;

/**
 * What a draft model may use of the target it guesses for.
 *
 * @param embedding {@code [vocabulary][d]}, as the file has it
 * @param head {@code [vocabulary][d]}, as the file has it
 * @param device where the draft may run
 */
public record DraftTarget(ModelConfig config, Tensor embedding, Tensor head, Device device) {}
