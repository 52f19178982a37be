package dev.dovetail.engine.decoder;

import dev.dovetail.models.Tensor;
import dev.dovetail.models.load.Model;

/**
 * What a pass of a target has to do, whatever the engine: the numerators of its GB/s and GMAC/s.
 *
 * @param bytesPerPass of the tensors in their file, scales included, that every pass reads: all but
 *     the embedding, of which it reads a row for each token, unless it is the head as well
 * @param macsPerToken multiply-adds of a token with weight matrices; attention's are not counted
 * @param headMacs those of them that give the logits
 */
public record PassWork(long bytesPerPass, long macsPerToken, long headMacs) {
  /** Of a pass that computes the logits of all its tokens. */
  public static PassWork of(Model model) {
    long bytes = 0;
    long macs = 0;
    Tensor head = TargetWeights.headTensor(model);
    Tensor embedding = TargetWeights.embeddingTensor(model);
    for (Tensor tensor : model.tensors().tensors()) {
      boolean read = tensor.name().startsWith("blk.") || tensor.name().startsWith("output_norm.");
      if (tensor.equals(head) || read && !tensor.equals(embedding)) {
        bytes += tensor.data().byteSize();
        macs += tensor.shape().size() == 2 ? (long) tensor.rows() * tensor.cols() : 0;
      }
    }
    return new PassWork(bytes, macs, (long) head.rows() * head.cols());
  }
}
