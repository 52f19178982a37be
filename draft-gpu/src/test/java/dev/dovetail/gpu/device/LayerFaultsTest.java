package dev.dovetail.gpu.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dovetail.dgf.testing.TinyDraft;
import dev.dovetail.dgf.testing.TinyGeneration;
import dev.dovetail.engine.Completion;
import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.GenerationOptions;
import dev.dovetail.engine.Session;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.SamplingOptions;
import dev.dovetail.gpu.driver.FailingDriver;
import dev.dovetail.gpu.driver.GpuException.Kind;
import dev.dovetail.gpu.driver.HostDriver;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Layers of the target on a GPU that fails at each call of its driver in turn, in each of its ways:
 * no token is lost, the text goes on to its end, what was taken is given back, and one line says
 * what happened.
 */
class LayerFaultsTest {
  private static final long MEMORY = 1L << 30;
  private static final int TOKENS = 4;

  private static final GenerationOptions OPTIONS =
      TinyGeneration.options(SamplingOptions.of(0.8f, 7), TOKENS).withTree(TreeShape.parse("2x2"));

  @TempDir private static Path folder;

  private static Path model;
  private static Path draft;
  private static List<Integer> plain;

  @BeforeAll
  static void write() throws IOException {
    HostDriver.whyNot().ifPresent(Assumptions::abort);
    model = TinyGeneration.model(folder, "llama");
    draft = TinyDraft.standard().draftVocabulary(40).write(folder);
    try (Engine engine = Dovetail.open(model).draft(Draft.none()).gpuLayers(0).build()) {
      plain = generate(engine).tokenIds();
    }
  }

  private static Completion generate(Engine engine) {
    return TinyGeneration.generate(engine, TinyGeneration.prompt(5), OPTIONS);
  }

  /** What came of two texts, one session after the other, of an engine whose driver fails. */
  private record Outcome(
      List<Integer> first,
      List<Integer> second,
      List<String> warnings,
      int layers,
      int layersAfter,
      long calls,
      long callsBefore,
      long leftBytes) {}

  private static Outcome run(Draft guessing, long failing, Kind kind) {
    FailingDriver driver = new FailingDriver(new HostDriver(MEMORY, 1), failing, kind);
    List<String> warnings = new ArrayList<>();
    try (PlayedGpu.Play play = PlayedGpu.play(driver, MEMORY)) {
      List<Integer> first;
      List<Integer> second;
      long before;
      int layers;
      int after;
      try (Engine engine = Dovetail.open(model).draft(guessing).onWarning(warnings::add).build()) {
        before = driver.calls();
        layers = engine.gpuLayers();
        first = generate(engine).tokenIds();
        second = generate(engine).tokenIds();
        after = engine.gpuLayers();
      }
      long left = play.device().map(CudaDevice::usedBytes).orElse(0L);
      return new Outcome(first, second, warnings, layers, after, driver.calls(), before, left);
    }
  }

  /**
   * Fails some of the calls.
   *
   * @param runs how many of them, spread over all; all with -Ddovetail.faults=all, in minutes
   */
  private static void noTokenIsLost(Draft guessing, Kind kind, int runs) {
    Outcome whole = run(guessing, 0, kind);
    // Where margins are as wide as in this text, the placement changes nothing.
    assertThat(whole.first()).hasSize(TOKENS).isEqualTo(plain);
    assertThat(whole.second()).isEqualTo(plain);
    assertThat(whole.warnings()).isEmpty();
    assertThat(whole.layers()).isEqualTo(3);
    assertThat(whole.leftBytes()).isZero();
    boolean lasting = kind == Kind.LOST || kind == Kind.TIMED_OUT;
    boolean all = System.getProperty("dovetail.faults", "").equals("all");
    long step = all ? 1 : Math.max(1, whole.calls() / runs);
    int told = 0;
    for (long k = 1; k <= whole.calls(); k += step) {
      Outcome outcome = run(guessing, k, kind);
      String what = "%s at call %d of %d".formatted(kind, k, whole.calls());
      assertThat(outcome.first()).as(what).isEqualTo(plain);
      assertThat(outcome.second()).as(what).isEqualTo(plain);
      assertThat(outcome.warnings()).as(what).hasSizeLessThanOrEqualTo(1);
      if (lasting) {
        assertThat(outcome.leftBytes()).as(what).isZero();
        assertThat(outcome.layersAfter() == 0 || k > outcome.callsBefore()).as(what).isTrue();
      }
      told += outcome.warnings().size();
    }
    assertThat(told).as("failures told of").isGreaterThan((int) (whole.calls() / step * 2 / 3));
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void losesNoTokenWhicheverCallFails(Kind kind) {
    noTokenIsLost(Draft.none(), kind, 12);
  }

  @ParameterizedTest
  @EnumSource(
      value = Kind.class,
      names = {"LOST", "OUT_OF_MEMORY"})
  void losesNoTokenWithADraftBeside(Kind kind) {
    noTokenIsLost(Draft.of(draft), kind, 8);
  }

  @Test
  void aTextSaysThatItMayDifferFromHereOn() {
    Outcome whole = run(Draft.none(), 0, Kind.LOST);
    long inTheText = (whole.callsBefore() + whole.calls()) / 2;
    Outcome lost = run(Draft.none(), inTheText, Kind.LOST);
    assertThat(lost.warnings())
        .singleElement()
        .asString()
        .startsWith(
            "the layers on the GPU are lost, the CPU goes on with them, and the text may differ from"
                + " here on: injected at call ");
    assertThat(lost.layersAfter()).isZero();

    Outcome both = run(Draft.of(draft), 0, Kind.LOST);
    inTheText = (both.callsBefore() + both.calls()) / 2;
    assertThat(run(Draft.of(draft), inTheText, Kind.LOST).warnings())
        .singleElement()
        .asString()
        .startsWith("the GPU is lost: the text goes on without its draft, ");
  }

  @Test
  void theNextSessionTriesAgainAfterOutOfMemory() {
    Outcome whole = run(Draft.none(), 0, Kind.OUT_OF_MEMORY);
    Outcome once = run(Draft.none(), whole.callsBefore() + 4, Kind.OUT_OF_MEMORY);
    assertThat(once.warnings()).hasSize(1);
    assertThat(once.layersAfter()).isEqualTo(3);
    assertThat(once.calls()).isGreaterThan(whole.callsBefore() + 100);
  }

  @Test
  void tokensThatAreOutStay() {
    Outcome whole = run(Draft.none(), 0, Kind.LOST);
    long last = whole.calls();
    FailingDriver driver =
        new FailingDriver(new HostDriver(MEMORY, 1), whole.callsBefore() + 120, Kind.LOST);
    assertThat(last).isGreaterThan(whole.callsBefore() + 120);
    List<String> warnings = new ArrayList<>();
    List<Integer> seen = new ArrayList<>();
    try (PlayedGpu.Play _ = PlayedGpu.play(driver, MEMORY);
        Engine engine = Dovetail.open(model).draft(Draft.none()).onWarning(warnings::add).build();
        Session session = engine.newSession()) {
      Completion text =
          session.generate(TinyGeneration.prompt(5), OPTIONS, token -> seen.add(token.id()));
      assertThat(text.tokenIds()).isEqualTo(seen).isEqualTo(plain);
    }
    assertThat(Optional.of(warnings.size())).hasValue(1);
  }
}
