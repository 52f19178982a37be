package dev.dovetail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.dovetail.cpu.CpuDeviceProvider;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceLimits;
import dev.dovetail.engine.device.DeviceOptions;
import dev.dovetail.engine.device.DeviceProvider;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.plan.DraftShape;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.selftest.DeviceReport;
import dev.dovetail.engine.selftest.DraftReport;
import dev.dovetail.engine.selftest.DraftRounds;
import dev.dovetail.engine.selftest.DraftSize;
import dev.dovetail.engine.selftest.DraftSizes;
import dev.dovetail.engine.selftest.DraftSpeed;
import dev.dovetail.engine.selftest.OperationCheck;
import dev.dovetail.engine.selftest.SelfTestSizes;
import dev.dovetail.gpu.CudaDeviceProvider;
import dev.dovetail.models.TensorType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SelfTestCommandTest {
  private static final SelfTestSizes SMALL =
      new SelfTestSizes(
          List.of(256),
          List.of(2),
          20,
          2,
          1,
          32,
          20,
          0,
          0,
          new DraftSizes(List.of(new DraftSize(2, 256, 4, 2, 256, 40, TensorType.Q4_K)), 3, 2));
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir private Path store;

  @Test
  void withoutAGpuTheReasonIsTold() {
    Optional<String> why = new CudaDeviceProvider().unavailable();
    Assumptions.assumeTrue(why.isPresent(), "this machine has a CUDA device");

    CliRunner.Result result = new CliRunner().run("selftest", "gpu");

    assertThat(result.err())
        .isEqualTo("dovetail: no GPU can be tested: " + Failures.oneLine(why.get()) + "\n");
    assertThat(result.out()).isEmpty();
    assertThat(result.code()).isEqualTo(1);
  }

  /** A CPU in the place of a GPU. */
  private record Pretender() implements DeviceProvider {
    @Override
    public String kind() {
      return "cuda";
    }

    @Override
    public Optional<String> unavailable() {
      return Optional.empty();
    }

    @Override
    public void warmUp() {}

    @Override
    public double packedBits(TensorType type) {
      return new CpuDeviceProvider().packedBits(type);
    }

    @Override
    public Device open(DeviceOptions options) {
      return new CpuDeviceProvider().open(new DeviceOptions(1, KvType.F32, 0));
    }
  }

  @Test
  void anotherCpuPassesExactly() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Console console =
        new Console(
            new ByteArrayInputStream(new byte[0]),
            false,
            new Output(out, false),
            new Output(err, true),
            Map.of("DOVETAIL_MODELS", store.toString()),
            handler -> () -> {});

    int code = new GpuSelfTestCommand(console, () -> Optional.of(new Pretender()), SMALL).call();

    assertThat(code).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("matmul Q4_K", "2 x 256 -> 256", "memory: not counted")
        .containsPattern("2 layers, 256 wide, 40 tokens, Q4_K +4x4 +[0-9.]+ ")
        .containsPattern("2 layers, 256 wide, 40 tokens, Q4_K +4 +[0-9.]+ ")
        .contains("draft: skipped: no model in the store\npassed: ")
        .doesNotContain("FAILED");
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("testing: attention, 2 nodes", "testing: drafting, 2 layers")
        .endsWith("\033[K");
  }

  private static final DeviceLimits LIMITS = new DeviceLimits(100, 1000, 5);
  private static final OperationCheck FINE =
      new OperationCheck("matmul Q4_K", "4 x 1536 -> 1536", 1e-7, 1e-5, 20, 1_000_000, 8_000_000);
  private static final OperationCheck WRONG =
      new OperationCheck("silu", "1 x 4", Double.NaN, 1e-6, 4, 32, 0);

  private static final DraftSize SIZE =
      new DraftSize(1, 1536, 12, 2, 8960, 32_768, TensorType.Q4_K);

  /** A level reads 6 MB, of which the head's are 2. */
  private static final DraftShape SHAPE =
      new DraftShape(
          "dgf", 1, 1536, 128, 1536, 256, 8960, 32_768, 3_000_000, 1_000_000, 2_000_000, 0);

  private static final DraftSpeed SPEED =
      new DraftSpeed(
          SIZE,
          Optional.empty(),
          List.of(
              new DraftRounds(
                  SHAPE, new TreeShape(4, 4), new TreeShape(12, 4), 70, 400, 1360, 800)));
  private static final DraftSpeed SKIPPED =
      new DraftSpeed(SIZE, Optional.of("needs more"), List.of());

  private static DeviceReport report(OptionalLong left, OperationCheck... checks) {
    return new DeviceReport("cuda, a GPU", "cpu", LIMITS, List.of(checks), left);
  }

  @Test
  void jsonHasItsFieldsInOrder() throws IOException {
    DraftReport draft = new DraftReport("dgf", 10, 9, 1e-4, 2e-3);

    JsonNode json =
        MAPPER.readTree(
            new SelfTestReport(
                    report(OptionalLong.of(0), FINE), List.of(SPEED, SKIPPED), Optional.of(draft))
                .json());

    assertThat(names(json))
        .containsExactly(
            "passed",
            "device",
            "reference",
            "limits",
            "operations",
            "bytes_left",
            "drafting",
            "draft");
    assertThat(names(json.get("limits")))
        .containsExactly("read_gb_per_s", "fma_gmac_per_s", "launch_us");
    JsonNode operation = json.get("operations").get(0);
    assertThat(names(operation))
        .containsExactly(
            "operation",
            "shape",
            "passed",
            "error",
            "tolerance",
            "us",
            "bytes",
            "macs",
            "gb_per_s",
            "gmac_per_s",
            "share");
    JsonNode drafting = json.get("drafting").get(0);
    assertThat(names(drafting)).containsExactly("draft", "weight_bytes", "skipped", "trees");
    JsonNode tree = drafting.get("trees").get(0);
    assertThat(names(tree))
        .containsExactly(
            "tree",
            "level_bytes",
            "level_us",
            "gb_per_s",
            "share",
            "round_us",
            "executed_us",
            "launch_us",
            "once_us");
    assertThat(drafting.get("draft").asText()).isEqualTo("1 layer, 1536 wide, 32768 tokens, Q4_K");
    assertThat(drafting.get("skipped").isNull()).isTrue();
    assertThat(tree.get("level_us").asDouble()).isEqualTo((1360 - 400) / 8.0);
    assertThat(tree.get("gb_per_s").asDouble()).isEqualTo(50);
    assertThat(tree.get("share").asDouble()).isEqualTo(0.5);
    assertThat(tree.get("launch_us").asDouble()).isEqualTo(100);
    assertThat(tree.get("once_us").asDouble()).isEqualTo(30);
    JsonNode skipped = json.get("drafting").get(1);
    assertThat(skipped.get("skipped").asText()).isEqualTo("needs more");
    assertThat(skipped.get("trees")).isEmpty();
    assertThat(names(json.get("draft")))
        .containsExactly("name", "passed", "rounds", "same", "worst", "tolerance");
    assertThat(json.get("passed").asBoolean()).isTrue();
    assertThat(operation.get("gb_per_s").asDouble()).isEqualTo(50);
    assertThat(operation.get("gmac_per_s").asDouble()).isEqualTo(400);
    assertThat(operation.get("share").asDouble()).isEqualTo(0.5);
  }

  @Test
  void whatFailsIsSaid() throws IOException {
    DraftReport draft = new DraftReport("dgf", 10, 2, Double.POSITIVE_INFINITY, 2e-3);
    SelfTestReport found =
        new SelfTestReport(
            report(OptionalLong.of(12), FINE, WRONG), List.of(SKIPPED), Optional.of(draft));

    JsonNode json = MAPPER.readTree(found.json());
    assertThat(json.get("passed").asBoolean()).isFalse();
    assertThat(json.get("operations").get(1).get("error").isNull()).isTrue();
    assertThat(json.get("draft").get("worst").isNull()).isTrue();
    assertThat(found.lines())
        .contains("memory: FAILED, 12 bytes were not given back")
        .endsWith("FAILED: 1 of 2 operations, the memory, the draft");
  }

  private static List<String> names(JsonNode object) {
    return object.properties().stream().map(Map.Entry::getKey).toList();
  }
}
