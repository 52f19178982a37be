package dev.dovetail.models.testing;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/** The prompts of HumanEval (Chen et al. 2021), in their order. */
public final class HumanEval {
  private HumanEval() {}

  /** All 164. */
  public static List<String> prompts() {
    List<String> prompts = new ArrayList<>();
    try (InputStream in =
            HumanEval.class.getResourceAsStream(
                "/dev/dovetail/models/humaneval/HumanEval.jsonl.gz");
        GZIPInputStream lines = new GZIPInputStream(in);
        var problems = new ObjectMapper().readerForMapOf(Object.class).readValues(lines)) {
      while (problems.hasNext()) {
        prompts.add((String) ((Map<?, ?>) problems.next()).get("prompt"));
      }
    } catch (IOException e) {
      throw new AssertionError("HumanEval cannot be read", e);
    }
    return prompts;
  }
}
