package dev.dovetail.models.testing;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A complete byte-level BPE vocabulary of {@value #SIZE} tokens: three control tokens, the 256
 * bytes, and merges learnt from a few words.
 */
public final class TinyTokenizer {
  public static final int SIZE = 320;
  public static final int END_OF_TEXT = 0;
  public static final int IM_START = 1;
  public static final int IM_END = 2;

  /** A turn of ChatML each, and the start of an answer if asked. */
  public static final String CHAT_TEMPLATE =
      "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n"
          + "' + message['content'] + '<|im_end|>' + '\\n"
          + "' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n"
          + "' }}{% endif %}";

  private static final String SAMPLE =
      "the quick brown fox jumps over the lazy dog and then the dog sleeps in the sun while the fox"
          + " runs on through the wood to find the other foxes that are there waiting for their"
          + " dinner";

  private static final int NORMAL = 1;
  private static final int CONTROL = 3;

  private TinyTokenizer() {}

  /** Adds the tokenizer's metadata, chat template included. */
  static void addTo(GgufWriter writer, String preTokenizer) {
    List<String> tokens = new ArrayList<>(List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>"));
    int controls = tokens.size();
    for (int b = 0; b < 256; b++) {
      tokens.add(String.valueOf(letter(b)));
    }
    List<String> merges = merges(SIZE - tokens.size());
    merges.forEach(merge -> tokens.add(merge.replace(" ", "")));
    int[] types = new int[tokens.size()];
    for (int i = 0; i < types.length; i++) {
      types[i] = i < controls ? CONTROL : NORMAL;
    }
    writer
        .put("tokenizer.ggml.model", "gpt2")
        .put("tokenizer.ggml.pre", preTokenizer)
        .put("tokenizer.ggml.tokens", tokens)
        .put("tokenizer.ggml.token_type", types)
        .put("tokenizer.ggml.merges", merges)
        .put("tokenizer.ggml.bos_token_id", IM_START)
        .put("tokenizer.ggml.eos_token_id", IM_END)
        .put("tokenizer.ggml.padding_token_id", END_OF_TEXT)
        .put("tokenizer.ggml.add_bos_token", false)
        .put("tokenizer.chat_template", CHAT_TEMPLATE);
  }

  /**
   * The letter that stands for a byte in GPT-2's vocabularies: itself where it prints, otherwise
   * from U+0100 on.
   */
  private static char letter(int value) {
    int shifted = 0;
    for (int b = 0; b < 256; b++) {
      boolean prints = b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae;
      if (b == value) {
        return (char) (prints ? b : 0x100 + shifted);
      }
      shifted += prints ? 0 : 1;
    }
    throw new IllegalArgumentException("not a byte: " + value);
  }

  /**
   * The most frequent pairs of the sample, again and again; ties go to the first in order of
   * spelling.
   */
  private static List<String> merges(int count) {
    List<List<String>> words = new ArrayList<>();
    for (String word : SAMPLE.split(" ")) {
      List<String> pieces = new ArrayList<>();
      for (byte b : (" " + word).getBytes(StandardCharsets.UTF_8)) {
        pieces.add(String.valueOf(letter(b)));
      }
      words.add(pieces);
    }
    List<String> merges = new ArrayList<>();
    while (merges.size() < count) {
      Map<String, Integer> pairs = new HashMap<>();
      for (List<String> word : words) {
        for (int i = 1; i < word.size(); i++) {
          pairs.merge(word.get(i - 1) + ' ' + word.get(i), 1, Integer::sum);
        }
      }
      String best =
          pairs.entrySet().stream()
              .max(
                  Map.Entry.<String, Integer>comparingByValue()
                      .thenComparing(Map.Entry.<String, Integer>comparingByKey().reversed()))
              .orElseThrow()
              .getKey();
      merges.add(best);
      words.forEach(word -> apply(best, word));
    }
    return merges;
  }

  private static void apply(String merge, List<String> word) {
    for (int i = 1; i < word.size(); i++) {
      if (merge.equals(word.get(i - 1) + ' ' + word.get(i))) {
        word.set(i - 1, word.get(i - 1) + word.remove(i));
      }
    }
  }
}
