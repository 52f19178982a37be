package dev.dovetail.cli.humaneval;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** Makes {@link Summary} of a setting's results. */
final class Summaries {
  private final Collection<Result> all;
  private final String setting;
  private final List<Result> own;

  private Summaries(Collection<Result> all, String setting) {
    this.all = all;
    this.setting = setting;
    own = all.stream().filter(result -> result.setting().equals(setting)).toList();
  }

  /**
   * Summarises a setting.
   *
   * @param all results of every setting
   */
  static Summary of(Collection<Result> all, String setting) {
    return new Summaries(all, setting).summary();
  }

  private Summary summary() {
    Double rounds = sum(Result::rounds);
    boolean drafting = rounds != null && !setting.equals(Setting.Plain.NAME);
    Double lookups = sum(Result::lookupRounds);
    Double found = ratio(sum(Result::lookupAccepted), lookups);
    Identity identity = Identity.of(all, setting);
    int compared = identity.identical() + identity.differences().size();
    return new Summary(
        setting,
        (int) own.stream().map(Result::problem).distinct().count(),
        quartiles(Gains::rate),
        quartiles(Result::prefillTokPerS),
        quartiles(Result::ttftMs),
        Gain.of(Gains.byProblem(all, setting).values()).orElse(null),
        ratio(sum(result -> result.decodeTokPerS() * result.decodeMs()), sum(Result::decodeMs)),
        ratio(sum(Result::later), rounds),
        quartiles(result -> result.tau() == null ? Double.NaN : result.tau()),
        drafting ? acceptanceByDepth() : List.of(),
        drafting ? treeNodes() : null,
        drafting ? ratio(lookups, rounds) : null,
        found == null ? null : (Double) (1 + found),
        ratio(sum(Result::draftMs), rounds),
        ratio(sum(Result::verifyMs), rounds),
        ratio(sum(Result::channelMs), rounds),
        ratio(sum(Result::bytesToDraft), rounds),
        ratio(sum(Result::bytesFromDraft), rounds),
        hiddenShare(),
        most(Result::peakRssBytes),
        most(Result::peakVramBytes),
        compared == 0 ? null : identity.identical(),
        compared == 0 ? null : identity.differences().size(),
        identity.differences().isEmpty() ? null : identity.differences().getFirst(),
        passed());
  }

  private Quartiles quartiles(ToDoubleFunction<Result> value) {
    return Quartiles.of(Gains.byProblem(own, setting, value).values()).orElse(null);
  }

  /** Over all results; null where a result does not tell, or there is none. */
  private Double sum(Function<Result, Number> value) {
    double sum = 0;
    for (Result result : own) {
      Number found = value.apply(result);
      if (found == null) {
        return null;
      }
      sum += found.doubleValue();
    }
    return own.isEmpty() ? null : (Double) sum;
  }

  private static Double ratio(Double of, Double by) {
    return of == null || by == null || by == 0 ? null : (Double) (of / by);
  }

  private Double hiddenShare() {
    Double hidden = sum(Result::draftHiddenMs);
    Double waited = sum(Result::draftMs);
    if (hidden == null || waited == null) {
      return null;
    }
    return hidden == 0 ? 0 : hidden / (hidden + waited);
  }

  private List<Double> acceptanceByDepth() {
    List<Long> accepted = total(Result::roundsByAccepted);
    List<Long> whole = total(Result::wholeByDepth);
    List<Double> shares = new ArrayList<>();
    for (int depth = 1; depth < total(Result::roundsByDepth).size(); depth++) {
      // Where the last level was accepted, the tree had none below to be accepted.
      long tried = atLeast(accepted, depth - 1) - entry(whole, depth - 1);
      shares.add(tried == 0 ? null : (Double) ((double) atLeast(accepted, depth) / tried));
    }
    return Collections.unmodifiableList(shares);
  }

  private List<Long> total(Function<Result, List<Long>> counts) {
    List<Long> total = new ArrayList<>();
    for (Result result : own) {
      List<Long> more = counts.apply(result);
      for (int i = 0; i < more.size(); i++) {
        if (i == total.size()) {
          total.add(0L);
        }
        total.set(i, total.get(i) + more.get(i));
      }
    }
    return total;
  }

  private static long entry(List<Long> counts, int at) {
    return at < counts.size() ? counts.get(at) : 0;
  }

  private static long atLeast(List<Long> counts, int from) {
    return counts.stream().skip(from).mapToLong(Long::longValue).sum();
  }

  private Quartiles treeNodes() {
    List<Double> nodes = new ArrayList<>();
    for (Result result : own) {
      result
          .nodes()
          .forEach((n, rounds) -> nodes.addAll(Collections.nCopies(rounds.intValue(), (double) n)));
    }
    return Quartiles.of(nodes).orElse(null);
  }

  private Long most(Function<Result, Long> value) {
    return own.stream().map(value).filter(Objects::nonNull).max(Long::compare).orElse(null);
  }

  private Summary.Passed passed() {
    int of = (int) own.stream().filter(result -> result.passed() != null).count();
    int passed = (int) own.stream().filter(result -> Boolean.TRUE.equals(result.passed())).count();
    return of == 0 ? null : new Summary.Passed(passed, of, (double) passed / of);
  }
}
