package dev.dovetail.dgf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.dovetail.engine.decoder.DecoderShape;
import dev.dovetail.engine.decoder.DecoderState;
import dev.dovetail.engine.decoder.TargetWeights;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceOptions;
import dev.dovetail.engine.device.DeviceProvider;
import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.engine.device.TreeGrowth;
import dev.dovetail.engine.round.AcceptedTokens;
import dev.dovetail.engine.round.DraftModel;
import dev.dovetail.engine.round.DraftTarget;
import dev.dovetail.engine.round.Drafter;
import dev.dovetail.engine.round.TokenTree;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.Sampler;
import dev.dovetail.engine.sampling.SamplingOptions;
import dev.dovetail.engine.weights.Dequantize;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.gguf.GgufFile;
import dev.dovetail.models.load.Model;
import dev.dovetail.models.safetensors.SafetensorsFile;
import dev.dovetail.models.testing.TestWeights;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.URL;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The bundled draft against its formula in numpy; the values are made by {@code
 * src/test/python/dgf_golden.py}.
 */
class DgfGoldenTest {
  private static final int D = 576;

  private Device device;

  @BeforeEach
  void openDevice() {
    device = ServiceLoader.load(DeviceProvider.class).iterator().next().open(DeviceOptions.DEFAULT);
  }

  @AfterEach
  void closeDevice() {
    device.close();
  }

  /** 0 layers: the fusion alone. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void fusionAndEachLayer(int layers) throws Exception {
    try (SafetensorsFile golden = SafetensorsFile.open(resource("golden.safetensors"));
        GgufFile file = bundledFile();
        Arena arena = Arena.ofShared()) {
      float[] features = Dequantize.all(golden.get("H"));
      int n = features.length / D;
      DgfConfig config = withLayers(config(file), Math.max(1, layers));
      // The head is not read here, only its rows gathered: zeros of the smallest type.
      Tensor head =
          new Tensor(
              "head",
              TensorType.Q4_0,
              List.of((long) config.vocabulary(), (long) D),
              arena.allocate(TensorType.Q4_0.bytes((long) config.vocabulary() * D), 64));
      DraftTarget target = new DraftTarget(null, golden.get("E"), head, device);
      try (DgfWeights weights = new DgfCheckpoint(file, config).load(target);
          Fusion fusion = new Fusion(weights, n);
          DecoderState state = weights.decoder().newState(n, n)) {
        TreeBatch batch = new TreeBatch(n);
        batch.reset(0);
        for (int i = 0; i < n; i++) {
          batch.add(i, i - 1);
        }
        device.write(features, 0, n, fusion.feature());
        fusion.fuse(batch, state.x());
        if (layers > 0) {
          weights.decoder().forward(batch, state);
        }
        float[] actual = new float[n * D];
        device.read(state.x(), n, actual, 0);
        float[] expected =
            Dequantize.all(golden.get(layers == 0 ? "fused" : "layer" + (layers - 1)));
        assertThat(expected).hasSameSizeAs(actual);
        for (int i = 0; i < actual.length; i++) {
          assertThat(actual[i])
              .as("row %d, column %d", i / D, i % D)
              .isCloseTo(expected[i], within(1e-4f));
        }
      }
    }
  }

  @Test
  void greedyChainOfTheRealTarget() throws Exception {
    try (InputStream in = DgfGoldenTest.class.getResourceAsStream("chain.json");
        SafetensorsFile golden = SafetensorsFile.open(resource("golden.safetensors"));
        Model model = Model.open(TestWeights.smolLm2())) {
      JsonNode chain = new ObjectMapper().readTree(in);
      int[] ids = ints(chain.get("ids"));
      DraftTarget target =
          new DraftTarget(
              model.config(),
              TargetWeights.embeddingTensor(model),
              TargetWeights.headTensor(model),
              device);
      try (DraftModel draft = new DgfProvider().bundled(target).orElseThrow();
          Drafter drafter = draft.newDrafter(64)) {
        int n = ids.length - 1;
        short[] features = halves(Dequantize.all(golden.get("H")));
        drafter.extend(new AcceptedTokens(0, n, features, Arrays.copyOfRange(ids, 1, ids.length)));
        Sampler greedy = new Sampler(SamplingOptions.GREEDY, model.config().vocabulary());
        int[] context = Arrays.copyOf(ids, 64);
        TokenTree tree =
            drafter.draft(new TreeShape(6, 1), TreeGrowth.NO_FLOOR, context, ids.length, greedy);
        assertThat(tree.tokens()).containsExactly(ints(chain.get("chain")));
        for (int i = 0; i < tree.size(); i++) {
          assertThat((double) tree.logProbabilities()[i])
              .as("step %d", i)
              .isCloseTo(chain.get("logProbabilities").get(i).doubleValue(), within(1e-3));
        }
      }
    }
  }

  private static DgfConfig withLayers(DgfConfig config, int layers) {
    DecoderShape s = config.shape();
    DecoderShape shape =
        new DecoderShape(
            layers,
            s.hidden(),
            s.heads(),
            s.kvHeads(),
            s.headDim(),
            s.feedForward(),
            s.normEpsilon(),
            s.rope());
    return new DgfConfig(config.target(), shape, config.vocabulary(), config.draftVocabulary());
  }

  private static DgfConfig config(GgufFile file) {
    return DgfConfig.parse((String) file.metadata().get(DgfDraftModel.CONFIG_KEY), file.path());
  }

  private static GgufFile bundledFile() throws Exception {
    String name = "smollm2-135m-instruct.dgf.gguf";
    try (InputStream in = DgfProvider.class.getResourceAsStream("drafts/" + name)) {
      return GgufFile.of(Path.of(name), MemorySegment.ofArray(in.readAllBytes()));
    }
  }

  private static Path resource(String name) throws Exception {
    URL url = DgfGoldenTest.class.getResource(name);
    return Path.of(url.toURI());
  }

  private static short[] halves(float[] values) {
    short[] halves = new short[values.length];
    for (int i = 0; i < halves.length; i++) {
      halves[i] = Float.floatToFloat16(values[i]);
    }
    return halves;
  }

  private static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    Arrays.setAll(values, i -> array.get(i).intValue());
    return values;
  }
}
