package dev.dovetail.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.engine.decoder.SpareLayers;
import dev.dovetail.engine.decoder.TargetWeights;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.engine.round.DecoderTarget;
import dev.dovetail.engine.round.Target;
import dev.dovetail.engine.round.Target.Logits;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.load.Model;
import dev.dovetail.models.testing.TinyModels;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Layers on two devices, both of them the CPU, give the very bits that one device gives. */
class LayerSpansTest {
  private static final int CONTEXT = 300;
  private static final int[] IDS = TinyTargets.tokens(40);

  @TempDir private static Path folder;

  private static Path file;
  private static int[][] expected;

  @BeforeAll
  static void write() throws IOException {
    file = TinyModels.write(folder.resolve("model.gguf"), "qwen2", TensorType.Q4_1, 3);
    try (Model model = Model.open(file);
        CpuDevice cpu = device();
        TargetWeights weights = TargetWeights.load(model, cpu);
        Target target = new DecoderTarget(weights, CONTEXT)) {
      expected = TinyTargets.append(target, IDS, 0, 7);
    }
  }

  private static CpuDevice device() {
    return new CpuDevice(1, KvType.F32, KernelSettings.current());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, TinyModels.LAYERS})
  void equalOneDevice(int elsewhere) {
    try (Model model = Model.open(file);
        CpuDevice cpu = device();
        CpuDevice other = device();
        TargetWeights weights = TargetWeights.load(model, cpu, Optional.empty(), other, elsewhere);
        Target target = new DecoderTarget(weights, CONTEXT)) {
      assertThat(weights.layersElsewhere()).isEqualTo(elsewhere);
      assertThat(TinyTargets.append(target, IDS, 0, 7)).isDeepEqualTo(expected);
      target.truncate(11);
      int[][] again = TinyTargets.append(target, IDS, 11, 3);
      assertThat(again[again.length - 1]).isEqualTo(expected[IDS.length - 1]);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, TinyModels.LAYERS})
  void spareLayersStandInForThoseElsewhere(int elsewhere) {
    try (Model model = Model.open(file);
        CpuDevice cpu = device();
        CpuDevice other = device();
        TargetWeights weights =
            TargetWeights.load(model, cpu, Optional.empty(), other, elsewhere)) {
      SpareLayers spare = new SpareLayers(model, weights);
      TargetWeights whole = spare.whole();
      assertThat(whole.layersElsewhere()).isZero();
      assertThat(spare.whole()).isSameAs(whole);
      try (Target target = new DecoderTarget(whole, CONTEXT)) {
        assertThat(TinyTargets.append(target, IDS, 0, 7)).isDeepEqualTo(expected);
      }
      spare.close();
      spare.close();
      assertThatThrownBy(spare::whole).isInstanceOf(IllegalStateException.class);
    }
  }

  /** Passes calls on, and notes which. */
  private static Device noting(Device device, List<String> calls) {
    return (Device)
        Proxy.newProxyInstance(
            Device.class.getClassLoader(),
            new Class<?>[] {Device.class},
            (proxy, method, arguments) -> {
              calls.add(method.getName());
              return method.invoke(device, arguments);
            });
  }

  /** Whoever hangs something in there may use the other device, which has no more to do. */
  @ParameterizedTest
  @ValueSource(ints = {0, 2, TinyModels.LAYERS})
  void theOtherDeviceIsFreeWhileTheLastLayersRun(int elsewhere) {
    List<String> calls = new ArrayList<>();
    try (Model model = Model.open(file);
        CpuDevice cpu = device();
        CpuDevice other = device();
        TargetWeights weights =
            TargetWeights.load(model, cpu, Optional.empty(), noting(other, calls), elsewhere);
        Target target = new DecoderTarget(weights, CONTEXT)) {
      TreeBatch batch = new TreeBatch(1);
      batch.reset(0);
      batch.add(IDS[0], TreeBatch.PREFIX);
      calls.clear();
      List<String> before = new ArrayList<>();
      target.pass(
          batch,
          Logits.ALL,
          () -> {
            before.addAll(calls);
            calls.clear();
            before.add("meanwhile");
            assertThat(other.lock().isLocked()).isFalse();
            assertThat(cpu.lock().isHeldByCurrentThread()).isTrue();
          });
      assertThat(calls).isEmpty();
      assertThat(before).filteredOn("meanwhile"::equals).hasSize(1);
      if (elsewhere > 0) {
        assertThat(before).endsWith("read", "meanwhile").contains("write");
      }
      assertThat(TinyTargets.bits(target, 0)).isEqualTo(expected[0]);
    }
  }

  @Test
  void keptPanelsServeEveryPlacementAndStayThoseOfAWholeModel() throws IOException {
    Path kept = folder.resolve("kept");
    Path panels = kept.resolve("cpu.panels");
    append(Optional.of(kept), 2);
    assertThat(panels).doesNotExist();
    append(Optional.of(kept), 0);
    FileTime written = FileTime.fromMillis(1);
    Files.setLastModifiedTime(panels, written);
    long bytes = Files.size(panels);
    append(Optional.of(kept), 2);
    append(Optional.of(kept), 0);
    assertThat(Files.getLastModifiedTime(panels)).isEqualTo(written);
    assertThat(panels).hasSize(bytes);
  }

  private static void append(Optional<Path> kept, int elsewhere) {
    try (Model model = Model.open(file);
        CpuDevice cpu = device();
        CpuDevice other = device();
        TargetWeights weights = TargetWeights.load(model, cpu, kept, other, elsewhere)) {
      try (Target target = new DecoderTarget(weights, CONTEXT)) {
        assertThat(TinyTargets.append(target, IDS, 0, 7)).isDeepEqualTo(expected);
      }
      if (elsewhere > 0) {
        try (SpareLayers spare = new SpareLayers(model, weights);
            Target target = new DecoderTarget(spare.whole(), CONTEXT)) {
          assertThat(TinyTargets.append(target, IDS, 0, 7)).isDeepEqualTo(expected);
        }
      }
    }
  }
}
