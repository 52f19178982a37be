package dev.dovetail.dgf;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.dovetail.engine.decoder.DecoderShape;
import dev.dovetail.models.ModelConfig;
import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.RopeConfig;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a draft checkpoint's {@code config.json} says.
 *
 * @param target the model it was trained for, for people
 * @param vocabulary of the target
 * @param draftVocabulary tokens that the draft can guess; equals {@code vocabulary} without a {@code draft_vocab}
 */
record DgfConfig(String target, DecoderShape shape, int vocabulary, int draftVocabulary) {
  private static final int MAX_EXTENT = 1 << 20;

  /**
   * Reads and checks the JSON.
   *
   * @param path for error messages
   */
  static DgfConfig parse(String json, Path path) {
    try {
      return new Reader(new ObjectMapper().readTree(json), path).read();
    } catch (JsonProcessingException e) {
      throw new ModelFormatException(path, "is not JSON: " + e.getOriginalMessage());
    }
  }

  /** Refuses a draft whose features or tokens are not the target's; its other differences only cost acceptance. */
  void checkMatches(ModelConfig model, Path path) {
    if (shape.hidden() != model.hidden() || vocabulary != model.vocabulary()) {
      throw new ModelFormatException(
          path,
          "the draft (made for %s) has hidden size %d and vocabulary %d; this target has %d and %d:"
                  .formatted(
                      target, shape.hidden(), vocabulary, model.hidden(), model.vocabulary())
              + " choose a draft made for it, or --draft none");
    }
  }

  private record Reader(JsonNode json, Path path) {
    DgfConfig read() {
      int hidden = extent("hidden_size");
      int heads = extent("num_attention_heads");
      int kvHeads = extent("num_key_value_heads");
      if (hidden % heads != 0 || heads % kvHeads != 0 || hidden / heads % 2 != 0) {
        throw new ModelFormatException(
            path,
            "hidden size %d, %d heads and %d key heads do not divide each other into even heads"
                .formatted(hidden, heads, kvHeads));
      }
      int headDim = hidden / heads;
      int vocabulary = extent("vocab_size");
      RopeConfig rope =
          new RopeConfig(
              headDim,
              (float) positive("rope_theta"),
              false,
              new RopeConfig.Scaling.None(),
              1,
              Optional.empty());
      DecoderShape shape =
          new DecoderShape(
              extent("num_hidden_layers"),
              hidden,
              heads,
              kvHeads,
              headDim,
              extent("intermediate_size"),
              (float) positive("rms_norm_eps"),
              rope);
      int draftVocabulary = json.has("draft_vocab_size") ? extent("draft_vocab_size") : vocabulary;
      if (draftVocabulary > vocabulary) {
        throw new ModelFormatException(
            path,
            "draft_vocab_size %d is larger than vocab_size %d"
                .formatted(draftVocabulary, vocabulary));
      }
      return new DgfConfig(
          json.path("target").asText("an unnamed target"), shape, vocabulary, draftVocabulary);
    }

    private int extent(String key) {
      JsonNode node = json.path(key);
      if (!node.isInt() || node.intValue() < 1 || node.intValue() > MAX_EXTENT) {
        throw new ModelFormatException(
            path,
            "'%s' must be a whole number from 1 to %d; found %s"
                .formatted(key, MAX_EXTENT, node.isMissingNode() ? "nothing" : node));
      }
      return node.intValue();
    }

    private double positive(String key) {
      JsonNode node = json.path(key);
      if (!node.isNumber() || !(node.doubleValue() > 0) || node.doubleValue() > Float.MAX_VALUE) {
        throw new ModelFormatException(
            path,
            "'%s' must be a positive number; found %s"
                .formatted(key, node.isMissingNode() ? "nothing" : node));
      }
      return node.doubleValue();
    }
  }
}
