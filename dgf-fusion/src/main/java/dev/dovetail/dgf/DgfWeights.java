package dev.dovetail.dgf;

import dev.dovetail.engine.decoder.Decoder;
import dev.dovetail.engine.device.Buffer;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.EmbeddingTable;
import dev.dovetail.engine.device.Matrix;
import dev.dovetail.engine.device.TokenIds;

/**
 * A draft's weights on a device. Immutable, shared by all its drafters; closing frees them.
 *
 * @param embedding the target's, {@code [vocabulary][d]}
 * @param embeddingNorm {@code [d]}
 * @param w1 {@code [d][d]}, as {@link Device#matmul} wants it: the checkpoint's transposed
 * @param w2 likewise
 * @param wz {@code [d][2d]}, likewise
 * @param decoder the layers behind the fusion
 * @param head the target's rows of the draft vocabulary, {@code [draftVocabulary][d]}
 * @param draftVocabulary token of each row of the head, ascending; null if it is the whole
 *     vocabulary
 */
record DgfWeights(
    Device device,
    EmbeddingTable embedding,
    Buffer embeddingNorm,
    float normEpsilon,
    Matrix w1,
    Matrix w2,
    Matrix wz,
    Decoder decoder,
    Matrix head,
    TokenIds draftVocabulary)
    implements AutoCloseable {

  int hidden() {
    return decoder.shape().hidden();
  }

  @Override
  public void close() {
    embedding.close();
    embeddingNorm.close();
    w1.close();
    w2.close();
    wz.close();
    decoder.close();
    head.close();
    if (draftVocabulary != null) {
      draftVocabulary.close();
    }
  }
}
