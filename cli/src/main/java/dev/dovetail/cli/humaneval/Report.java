package dev.dovetail.cli.humaneval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * All of a run. The order of the components is part of the format.
 *
 * @param created when, in ISO 8601
 * @param complete whether every text of all 164 problems is there
 * @param cost T(n); empty if it was left out
 * @param summary one for each setting, in their order
 * @param results in the order in which they were measured
 */
public record Report(
    String format,
    String created,
    boolean complete,
    Conditions conditions,
    ModelFacts model,
    RunOptions options,
    List<SettingFacts> settings,
    List<PassCost> cost,
    List<Summary> summary,
    List<Result> results) {
  private static final String FORMAT = "dovetail-humaneval-1";

  public Report {
    settings = List.copyOf(settings);
    cost = List.copyOf(cost);
    summary = List.copyOf(summary);
    results = List.copyOf(results);
  }

  /** Summarises results into a report. */
  public static Report of(
      String created,
      boolean complete,
      Conditions conditions,
      ModelFacts model,
      RunOptions options,
      List<SettingFacts> settings,
      List<PassCost> cost,
      List<Result> results) {
    return new Report(
        FORMAT,
        created,
        complete,
        conditions,
        model,
        options,
        settings,
        cost,
        settings.stream().map(setting -> Summaries.of(results, setting.name())).toList(),
        results);
  }

  /** The report as JSON. */
  public ObjectNode json() {
    return ReportJson.MAPPER.valueToTree(this);
  }
}
