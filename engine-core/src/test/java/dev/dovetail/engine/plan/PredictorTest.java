package dev.dovetail.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.data.Percentage.withPercentage;

import dev.dovetail.engine.decoder.PassWork;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.plan.Prediction.Kind;
import dev.dovetail.models.TensorType;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PredictorTest {
  private static final PassWork WORK = new PassWork(1_000_000_000, 200_000_000, 0);

  @Test
  void aPassTakesReadingAndMultiplying() {
    assertThat(new Cpu(50, 100).passMs(WORK, 1)).isEqualTo(20 + 2, within(1e-9));
    assertThat(new Cpu(50, 100).passMs(WORK, 8)).isEqualTo(20 + 16, within(1e-9));
  }

  @Test
  void aFittedCpuTakesWhatWasMeasured() {
    Cpu cpu = Cpu.fitted(WORK, 22, 8, 36);

    assertThat(cpu.readGbPerS()).isEqualTo(50, within(1e-9));
    assertThat(cpu.gmacPerS()).isEqualTo(100, within(1e-9));
  }

  /** A pass over more tokens that seems faster, or a curve that is steeper than n, is noise. */
  @ParameterizedTest
  @CsvSource({"22, 20, 22", "22, 300, 176"})
  void timesThatNoCpuHasKeepTheFirst(double one, double eight, double expected) {
    Cpu cpu = Cpu.fitted(WORK, one, 8, eight);

    assertThat(cpu.passMs(WORK, 1)).isEqualTo(one, within(1e-9));
    assertThat(cpu.passMs(WORK, 8)).isEqualTo(expected, within(1e-9));
  }

  /**
   * T(n) of the README's table (SmolLM2 Q4_1, n = 1, 2, 4, 8, 16): fitted at both ends, the sum
   * gives what lies between; the larger of reading and multiplying would be up to a third less.
   */
  @ParameterizedTest
  @CsvSource({
    "5.8, 30.1, 2, 7.2", "5.8, 30.1, 4, 10.6", "5.8, 30.1, 8, 16.8",
    "40, 276, 2, 54", "40, 276, 4, 83", "40, 276, 8, 152",
  })
  void theSumHasTheShapeOfWhatWasMeasured(double one, double sixteen, int n, double measured) {
    assertThat(Cpu.fitted(WORK, one, 16, sixteen).passMs(WORK, n))
        .isCloseTo(measured, withPercentage(6));
  }

  /**
   * The paper (arXiv 2412.18934): LLaMA2-Chat-7B in f32 on a Xeon Silver 4214R, a draft of 5 layers
   * in f16 on an RTX 2080 SUPER (448 GB/s), 16 tokens a pass, 7 levels, tau 5.90. Two of its rows
   * give the CPU's two rates: plain decoding, and the draft within 3 GB. The third is predicted.
   * Nothing else is fitted. That the layers in 7 GB are f16 is assumed, since ten in f32 are 8.1
   * GB.
   */
  @Test
  void thePapersThirdRowFollowsFromTheOthers() {
    double plainRow = 2.12;
    double draftRow = 5.86;
    double layersRow = 8;
    double tau = 5.90;
    ModelShape target = KnownShape.LLAMA2_7B.target(TensorType.F32, TensorType.F16);
    DraftShape draft = KnownShape.LLAMA2_7B.draft(5, TensorType.F16);
    Guess guess = new Guess(16, 7, 10, tau, OptionalDouble.empty());
    Gpu gpu = new Gpu(448);
    double draftMs =
        new Predictor(target, Optional.of(draft), new Cpu(1, 1), gpu, Optional.of(guess))
            .drafted(true, 0)
            .draftMs();
    Cpu cpu = Cpu.fitted(target.cpuWork(0), 1000 / plainRow, 16, 1000 * tau / draftRow - draftMs);
    Budget budget = new Budget(target, Optional.of(draft), 1024, KvType.F16);
    Predictor predictor = new Predictor(target, Optional.of(draft), cpu, gpu, Optional.of(guess));

    Placement threeGb = budget.largest(3L << 30).placement();
    assertThat(threeGb.draftOnGpu()).isTrue();
    assertThat(threeGb.gpuLayers()).isZero();
    assertThat(predictor.all(threeGb))
        .extracting(Prediction::kind)
        .containsExactly(Kind.PLAIN, Kind.DRAFT);
    assertThat(predictor.plain().tokPerS()).isCloseTo(plainRow, withPercentage(0.001));
    assertThat(predictor.drafted(true, 0).tokPerS()).isCloseTo(draftRow, withPercentage(0.001));

    Placement sevenGb = budget.largest(7L << 30).placement();
    assertThat(sevenGb.draftOnGpu()).isTrue();
    assertThat(sevenGb.gpuLayers()).isEqualTo(10);
    Prediction predicted = predictor.all(sevenGb).getLast();
    assertThat(predicted.kind()).isEqualTo(Kind.DRAFT_AND_LAYERS);
    assertThat(predicted.tokPerS())
        .as("fitted CPU: %s; predicted: %s", cpu, predicted)
        .isCloseTo(layersRow, withPercentage(10));
    // Both rates are below what a Xeon Silver 4214R can do: six channels of DDR4-2400 (115 GB/s),
    // twelve cores with one 512-bit FMA unit at 2.4 GHz (461 GMAC/s).
    assertThat(cpu.readGbPerS()).isBetween(50.0, 115.0);
    assertThat(cpu.gmacPerS()).isBetween(100.0, 461.0);
  }

  @Test
  void aDraftOnTheCpuIsMeasuredOrComputed() {
    ModelShape target = KnownShape.LLAMA2_7B.target(TensorType.F16, TensorType.F16);
    DraftShape draft = KnownShape.LLAMA2_7B.draft(1, TensorType.F16);
    Cpu cpu = new Cpu(50, 100);
    Guess measured = new Guess(5, 4, 1, 2, OptionalDouble.of(12.5));
    Guess computed = new Guess(5, 4, 1, 2, OptionalDouble.empty());

    assertThat(predictor(target, draft, cpu, measured).drafted(false, 0).draftMs()).isEqualTo(12.5);
    assertThat(predictor(target, draft, cpu, computed).drafted(false, 0).draftMs())
        .isEqualTo(4 * cpu.passMs(draft.stepWork(), 1), within(1e-9));
  }

  private static Predictor predictor(ModelShape target, DraftShape draft, Cpu cpu, Guess guess) {
    return new Predictor(target, Optional.of(draft), cpu, new Gpu(200), Optional.of(guess));
  }

  @Test
  void layersAloneGainWhatTheGpuReadsFaster() {
    ModelShape target = KnownShape.LLAMA2_7B.target(TensorType.F16, TensorType.F16);
    Predictor predictor =
        new Predictor(target, Optional.empty(), new Cpu(50, 200), new Gpu(200), Optional.empty());
    Placement placement = new Budget(target, Optional.empty(), 1024, KvType.F16).place(false, 16);

    Prediction layers = predictor.all(placement).getLast();

    assertThat(predictor.all(placement))
        .extracting(Prediction::kind)
        .containsExactly(Kind.PLAIN, Kind.LAYERS);
    // 16 layers of 404,783,104 bytes at 150 GB/s, 192 launches of 5 us.
    assertThat(layers.gpuMs()).isEqualTo(43.1769 + 0.96, within(1e-3));
    assertThat(layers.tokPerS()).isGreaterThan(predictor.plain().tokPerS());
  }

  @ParameterizedTest
  @CsvSource({"0.9", "17", "NaN"})
  void tauIsAtLeastOneAndAtMostThePass(double tau) {
    assertThatThrownBy(() -> new Guess(16, 7, 10, tau, OptionalDouble.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("tau is " + tau + "; wanted 1 to 16, the tokens of a verification pass");
  }

  @Test
  void ratesArePositive() {
    assertThatThrownBy(() -> new Cpu(0, 1)).hasMessageContaining("rates must be above 0; found 0");
    assertThatThrownBy(() -> new Gpu(Double.NaN)).hasMessageContaining("must be above 0 GB/s");
  }
}
