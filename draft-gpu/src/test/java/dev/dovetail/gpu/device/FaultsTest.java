package dev.dovetail.gpu.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dovetail.dgf.DgfProvider;
import dev.dovetail.dgf.testing.TinyDraft;
import dev.dovetail.dgf.testing.TinyGeneration;
import dev.dovetail.engine.Completion;
import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.GenerationOptions;
import dev.dovetail.engine.device.DeviceFailure;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.round.DraftTarget;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.SamplingOptions;
import dev.dovetail.gpu.driver.FailingDriver;
import dev.dovetail.gpu.driver.GpuException.Kind;
import dev.dovetail.gpu.driver.HostDriver;
import dev.dovetail.gpu.driver.TimeLimitedDriver;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
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
 * A draft on a GPU that fails at each call of its driver in turn, in each of its ways: no token is
 * lost, what was taken is given back, and one line says what happened.
 */
class FaultsTest {
  private static final long MEMORY = 1L << 26;
  private static final int TOKENS = 6;
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

  /** What came of a text with a draft whose driver fails at a call. */
  private record Outcome(
      List<Integer> tokens,
      List<String> warnings,
      List<Optional<String>> lost,
      long calls,
      long graphs,
      long callsBefore,
      long leftBytes) {}

  private static Outcome run(long failing, Kind kind) {
    return run(failing, kind, false);
  }

  /**
   * @param again whether another text follows in the same engine
   */
  private static Outcome run(long failing, Kind kind, boolean again) {
    HostDriver host = new HostDriver(MEMORY, 1);
    FailingDriver driver = new FailingDriver(host, failing, kind);
    List<String> warnings = new ArrayList<>();
    List<Integer> tokens = List.of();
    List<Optional<String>> lost = new ArrayList<>();
    long before = -1;
    long left = 0;
    CudaDevice device = null;
    try {
      device =
          new CudaDevice(
              new TimeLimitedDriver(driver, Duration.ofSeconds(10), _ -> {}), KvType.F32, MEMORY);
      CudaDevice gpu = device;
      try (Engine engine =
          Dovetail.open(model)
              .gpuLayers(0)
              .draft(
                  Draft.using(target ->
                      new DgfProvider()
                          .open(
                              draft,
                              new DraftTarget(
                                  target.config(), target.embedding(), target.head(), gpu))
                          .orElseThrow()))
              .onWarning(warnings::add)
              .build()) {
        before = driver.calls();
        Completion completion = generate(engine);
        tokens = completion.tokenIds();
        lost.add(completion.stats().gpuLost());
        if (again) {
          lost.add(generate(engine).stats().gpuLost());
        }
      }
      left = device.heldBytes().orElseThrow();
    } catch (DeviceFailure e) {
      // Before there is a text, and so without a token to lose: the caller decides.
      assertThat(e).hasMessageContaining("injected");
    } finally {
      if (device != null) {
        closeQuietly(device);
      }
    }
    return new Outcome(
        tokens, warnings, lost, driver.calls(), driver.calls("launch graph"), before, left);
  }

  private static void closeQuietly(CudaDevice device) {
    try {
      device.close();
    } catch (DeviceFailure e) {
      assertThat(e).hasMessageContaining("injected");
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void losesNoTokenWhicheverCallFails(Kind kind) {
    Outcome whole = run(0, kind);
    assertThat(whole.tokens()).isEqualTo(plain);
    assertThat(whole.warnings()).isEmpty();
    assertThat(whole.graphs()).as("rounds that were recorded before").isPositive();
    // Every call counts with -Ddovetail.faults=all, which takes minutes.
    boolean all = System.getProperty("dovetail.faults", "").equals("all");
    int step = all ? 1 : kind == Kind.LOST ? 4 : 11;
    int lost = 0;
    for (long k = 1; k <= whole.calls(); k += step) {
      Outcome outcome = run(k, kind);
      String what = "%s at call %d of %d".formatted(kind, k, whole.calls());
      if (outcome.callsBefore() >= 0) {
        assertThat(outcome.tokens()).as(what).isEqualTo(plain);
        assertThat(outcome.warnings()).as(what).hasSizeLessThanOrEqualTo(1);
        if (kind == Kind.LOST || kind == Kind.TIMED_OUT) {
          assertThat(outcome.leftBytes()).as(what).isZero();
        }
        lost += outcome.warnings().size();
      }
    }
    assertThat(lost)
        .as("texts that went on without their draft")
        .isGreaterThan((int) (whole.calls() / step / 2));
  }

  @Test
  void aTextThatLostItsDraftSaysSo() {
    Outcome whole = run(0, Kind.LOST);
    Outcome outcome = run(whole.calls() / 2, Kind.LOST);
    assertThat(outcome.warnings())
        .singleElement()
        .asString()
        .startsWith("the draft is lost, and the text goes on without it: injected at call ");
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void everyTextAfterALostGpuSaysSo(Kind kind) {
    Outcome outcome = run(run(0, kind).calls() / 2, kind, true);
    assertThat(outcome.lost()).hasSize(2);
    if (kind == Kind.LOST || kind == Kind.TIMED_OUT) {
      assertThat(outcome.lost())
          .allSatisfy(why -> assertThat(why.orElseThrow()).contains("injected at call "));
    } else {
      assertThat(outcome.lost()).as("it may work again").containsOnly(Optional.empty());
    }
  }
}
