package dev.dovetail.cli.humaneval.page;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.dovetail.cli.markup.Markup;
import org.junit.jupiter.api.Test;

/** The sentence at the top claims what the numbers carry, and no more. */
class HeadlineTest {
  @Test
  void theBestSettingsMedianIsNamedWithItsInterval() {
    ObjectNode report = two();
    gain(report, 1, 1.53, 1.5, 1.56);
    gain(report, 2, 1.2, 1.19, 1.21);

    assertThat(sentence(report))
        .isEqualTo(
            "first decodes at 1.53 times plain decoding’s rate in the median problem"
                + " (95 % interval 1.50 to 1.56).");
  }

  @Test
  void anIntervalThatHoldsOneIsNoGain() {
    ObjectNode report = two();
    gain(report, 1, 1.004, 0.991, 1.02);
    gain(report, 2, 0.8, 0.7, 0.9);

    assertThat(sentence(report))
        .isEqualTo(
            "No setting gains: the best, first, reaches 1.004 times plain decoding’s rate in the"
                + " median problem (95 % interval 0.991 to 1.02, which does not exclude 1).");
  }

  @Test
  void slowerThanPlainIsSaidPlainly() {
    ObjectNode report = two();
    gain(report, 1, 0.7, 0.6, 0.8);
    gain(report, 2, 0.93, 0.92, 0.94);

    assertThat(sentence(report))
        .startsWith("No setting gains: the best, second, reaches 0.93 times")
        .endsWith("(95 % interval 0.92 to 0.94).");
  }

  @Test
  void aGainWithoutAnIntervalSaysSo() {
    ObjectNode report = two();
    summary(report, 1).putObject("gain").put("median", 1.4).putNull("low").putNull("high");
    gain(report, 2, 1.2, 1.1, 1.3);

    assertThat(sentence(report)).endsWith("in the median problem (no interval).");
  }

  @Test
  void aSettingThatChangesTextsIsNotTheBest() {
    ObjectNode report = two();
    gain(report, 1, 1.9, 1.8, 2.0);
    gain(report, 2, 1.2, 1.1, 1.3);
    differs(report, 1);

    assertThat(sentence(report)).startsWith("second decodes at 1.20 times");
    assertThat(header(report))
        .contains("first: 2 texts are not plain decoding’s, first in HumanEval/3 at token 17.");
    differs(report, 2);
    assertThat(sentence(report))
        .isEqualTo("No gain can be stated: the texts are not plain decoding’s.");
  }

  @Test
  void withoutPlainThereIsNoGain() {
    assertThat(sentence(new MadeReport(3).draft("auto", "1", 1.2, 1.6).report()))
        .isEqualTo("No gain can be stated: plain decoding was not measured in this run.");
    assertThat(sentence(new MadeReport(3).baseline("other").report()))
        .isEqualTo("No setting of Dovetail was measured.");
  }

  @Test
  void plainAloneSaysItsRate() {
    ObjectNode report = new MadeReport(3).plain().report();
    summary(report, 0).putObject("decode_tok_per_s").put("median", 177.4);

    assertThat(sentence(report))
        .isEqualTo("Plain decoding emits 177 tokens a second in the median problem.");
  }

  @Test
  void aRunThatWasCutShortSaysHowFarItCame() {
    ObjectNode report = two();
    assertThat(header(report)).doesNotContain("Interrupted", "limited");
    report.put("complete", false);
    report.withObject("/options").put("limit", 164);
    assertThat(header(report)).contains("Interrupted after 5 of 164 problems.");
    report.withArray("/results").remove(0);
    assertThat(header(report)).contains("Interrupted after 4 of 164 problems.");
    report.withObject("/options").put("limit", 4);
    assertThat(header(report)).contains("Not the whole of HumanEval: limited to 4 problems.");
  }

  @Test
  void eachRepeatCountsForHowFarItCame() {
    ObjectNode report = two();
    report.put("complete", false);
    report.withObject("/options").put("repeat", 3);
    assertThat(header(report)).contains("Interrupted after 5 of 3 times 5 problems.");
    for (int i = 0; i < 3; i++) {
      ObjectNode again = report.withArray("/results").get(5 * i).deepCopy();
      assertThat(again.get("problem").asText()).isEqualTo("HumanEval/0");
      report.withArray("/results").add(again.put("repeat", 1));
    }
    assertThat(header(report)).contains("Interrupted after 6 of 3 times 5 problems.");
  }

  @Test
  void textsWithoutTheirDraftAreCounted() {
    ObjectNode report = two();
    assertThat(header(report)).doesNotContain("was lost");
    ((ObjectNode) report.withArray("/results").get(13)).put("draft", "none");
    ((ObjectNode) report.withArray("/results").get(14)).put("draft", "none");
    assertThat(header(report))
        .containsOnlyOnce("was lost")
        .contains("second: its draft was lost, and 2 of 5 texts were made without it.");
    for (JsonNode result : report.withArray("/results")) {
      ((ObjectNode) result).remove("draft");
    }
    assertThat(header(report)).as("of an older report nothing is known").doesNotContain("was lost");
  }

  @Test
  void aGpuThatWasLostIsSaid() {
    ObjectNode report = two();
    assertThat(header(report)).doesNotContain("lost");
    ((ObjectNode) report.withArray("/results").get(6)).put("gpu_lost", "error 719");
    ((ObjectNode) report.withArray("/results").get(7)).put("gpu_lost", "error 719");
    String result = report.withArray("/results").get(6).get("problem").asText();
    assertThat(header(report))
        .containsOnlyOnce("The GPU was lost in " + result)
        .contains("and the CPU went on: error 719");
  }

  @Test
  void factsCountTheTextsOfAllSettings() {
    assertThat(header(two())).contains("<dd>10 of 10</dd>", "<dd>60.0 %</dd>");
  }

  private static ObjectNode two() {
    return new MadeReport(5)
        .plain()
        .draft("first", "2", 1.5, 2)
        .draft("second", "2", 1.2, 1.5)
        .report();
  }

  private static void gain(ObjectNode report, int setting, double median, double low, double high) {
    summary(report, setting)
        .putObject("gain")
        .put("median", median)
        .put("low", low)
        .put("high", high);
  }

  private static void differs(ObjectNode report, int setting) {
    summary(report, setting)
        .put("different", 2)
        .putObject("first_difference")
        .put("problem", "HumanEval/3")
        .put("position", 17);
  }

  private static ObjectNode summary(ObjectNode report, int setting) {
    return (ObjectNode) report.get("summary").get(setting);
  }

  private static String sentence(ObjectNode report) {
    return new Headline(new PageData(report)).result();
  }

  private static String header(ObjectNode report) {
    Markup html = new Markup();
    new Headline(new PageData(report)).write(html);
    return html.finish();
  }
}
