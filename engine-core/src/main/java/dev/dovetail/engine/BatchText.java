package dev.dovetail.engine;

import java.util.List;

/**
 * A finished text of a {@link BatchGenerator}.
 *
 * @param prompt which it continues
 * @param tokenIds every generated token, the one that ended the text included
 * @param text without special tokens, without the stop string that ended it
 * @param finishReason {@link FinishReason#LENGTH} also where nothing was asked for
 * @param features {@code [rows][d]}, packed: of each token that the target has read, which are all
 *     of the prompt and all generated ones but the last; empty unless the prompt asked for them
 */
public record BatchText(
    BatchPrompt prompt,
    List<Integer> tokenIds,
    String text,
    FinishReason finishReason,
    float[] features) {
  public BatchText {
    tokenIds = List.copyOf(tokenIds);
  }
}
