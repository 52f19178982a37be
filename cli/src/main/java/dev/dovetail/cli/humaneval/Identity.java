package dev.dovetail.cli.humaneval;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How a setting's tokens compare with plain decoding's, problem by problem and repeat by repeat. Of
 * another program's the words count where the tokens differ: llama-server leaves out tokens that
 * end within a character.
 *
 * @param identical texts of the same tokens
 * @param differences the other ones, in the order of measuring
 */
public record Identity(int identical, List<Difference> differences) {
  public Identity {
    differences = List.copyOf(differences);
  }

  /**
   * Where a text leaves plain decoding's.
   *
   * @param position of the first token that differs, or that one of the two lacks; from 0
   */
  public record Difference(String problem, int repeat, int position) {}

  /** Of a setting; texts without a plain one are passed over. */
  public static Identity of(Collection<Result> results, String setting) {
    Map<Result.Key, Result> plain = new HashMap<>();
    for (Result result : results) {
      if (result.setting().equals(Setting.Plain.NAME)) {
        plain.put(result.key(), result);
      }
    }
    int identical = 0;
    List<Difference> differences = new ArrayList<>();
    for (Result result : results) {
      Result expected =
          plain.get(new Result.Key(result.problem(), Setting.Plain.NAME, result.repeat()));
      if (expected == null || !result.setting().equals(setting)) {
        continue;
      }
      int position = mismatch(expected.tokenIds(), result.tokenIds());
      boolean sameWords = result.external() && result.text().equals(expected.text());
      if (position < 0 || sameWords) {
        identical++;
      } else {
        differences.add(new Difference(result.problem(), result.repeat(), position));
      }
    }
    return new Identity(identical, differences);
  }

  private static int mismatch(List<Integer> a, List<Integer> b) {
    int both = Math.min(a.size(), b.size());
    for (int i = 0; i < both; i++) {
      if (!a.get(i).equals(b.get(i))) {
        return i;
      }
    }
    return a.size() == b.size() ? -1 : both;
  }
}
