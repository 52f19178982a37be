package dev.dovetail.models;

/**
 * What a decoder is made of, as data: the differences between architectures stand here and nowhere
 * else.
 *
 * @param architecture the GGUF name: {@code llama}, {@code qwen2}, {@code qwen3}
 * @param name what the file calls the model, for people; may be empty
 * @param layers decoder layers
 * @param hidden d, the width of a feature
 * @param heads query heads
 * @param kvHeads key and value heads; divides {@code heads}
 * @param headDim width of a head
 * @param feedForward width of the gated MLP
 * @param vocabulary rows of the embedding and of the head
 * @param contextLength tokens the model was made for
 * @param normEpsilon added under the root of RMSNorm
 * @param qkvBias whether q, k and v have biases (qwen2)
 * @param qkNorm whether each head of q and k is normalised before rotation (qwen3)
 * @param tiedHead whether the head is the embedding
 */
public record ModelConfig(
    String architecture,
    String name,
    int layers,
    int hidden,
    int heads,
    int kvHeads,
    int headDim,
    int feedForward,
    int vocabulary,
    int contextLength,
    float normEpsilon,
    RopeConfig rope,
    boolean qkvBias,
    boolean qkNorm,
    boolean tiedHead) {}
