package dev.dovetail.cli.humaneval;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.dovetail.engine.round.TreeShape;

/**
 * A setting in the report.
 *
 * @param kind {@code plain}, {@code draft} or {@code baseline}
 * @param draft the draft's name, null without one
 * @param draftSha256 of its file, null where it is not known
 * @param tree as it was asked for, null for the engine's choice
 * @param version of another program; only there for one
 * @param program which it is, as {@link Baseline#program}; only there for one
 */
public record SettingFacts(
    String name,
    String kind,
    String draft,
    String draftSha256,
    String tree,
    @JsonInclude(JsonInclude.Include.NON_NULL) String version,
    @JsonInclude(JsonInclude.Include.NON_NULL) String program) {
  /** What is told of a setting. */
  public static SettingFacts of(Setting setting) {
    return switch (setting) {
      case Setting.Plain plain ->
          new SettingFacts(plain.name(), "plain", null, null, null, null, null);
      case Setting.Drafted drafted ->
          new SettingFacts(
              drafted.name(),
              "draft",
              drafted.engine().draftName(),
              drafted.sha256().orElse(null),
              drafted.tree().map(TreeShape::toString).orElse(null),
              null,
              null);
      case Setting.External external ->
          new SettingFacts(
              external.name(),
              "baseline",
              null,
              null,
              null,
              external.baseline().version(),
              external.baseline().program());
    };
  }
}
