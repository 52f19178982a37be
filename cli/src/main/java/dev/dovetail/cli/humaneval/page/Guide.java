package dev.dovetail.cli.humaneval.page;

import dev.dovetail.cli.markup.Markup;

/** What the words of the page mean, and what its numbers do not say. */
final class Guide {
  private Guide() {}

  static void write(Markup html, PageData data) {
    html.open("dl", "class", "guide").newLine();
    entry(
        html,
        "Gain",
        "A setting’s decoding rate on a problem divided by plain decoding’s on the same problem, in"
            + " the same process. The rate counts the tokens after the first. The gain of a setting"
            + " is the median over the problems, so that no long text weighs more than a short one.");
    entry(
        html,
        "95 % interval",
        "Where the median would fall had other problems like these been drawn (bootstrap). It does"
            + " not cover other models, machines or kinds of text, nor what else the machine did"
            + " meanwhile.");
    if (data.settings(PageSetting::speculates).size() > 1) {
      entry(
          html,
          "The best setting",
          "It was picked after measuring, from "
              + data.settings(PageSetting::speculates).size()
              + ", which flatters it a little.");
    }
    entry(
        html,
        "Tau",
        "Tokens emitted for each pass of the target, the correction or bonus token counted. Plain"
            + " decoding has 1. A high tau is no gain by itself: a round also costs its draft and a"
            + " pass over more tokens.");
    entry(
        html,
        "Identical",
        "Texts whose tokens are plain decoding’s, every one. Speculation must not change a text; a"
            + " setting that does is wrong, however fast.");
    entry(
        html,
        "Draft, verify, channel, hidden",
        "Draft is the time that was waited for; hidden is the share of drafting that went on while"
            + " the target verified. The channel carries token ids and features there, the tree"
            + " back.");
    entry(
        html,
        "Peak memory",
        "The most that the process had held when the setting’s last text ended, mapped files"
            + " included. All settings share one process, with an engine for each draft, so this is"
            + " what the bench took and not what one setting needs.");
    if (data.settings().stream().anyMatch(PageSetting::baseline)) {
      entry(
          html,
          "Another program",
          "Measured on the same problems for comparison. It computes in its own way, so its texts"
              + " may differ and it is not held to plain’s; a dash stands for what it does not tell.");
    }
    html.close().newLine();
  }

  private static void entry(Markup html, String word, String meaning) {
    html.open("div").element("dt", word).element("dd", meaning).close().newLine();
  }
}
