package dev.dovetail.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dovetail.engine.Engine;
import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.engine.round.Target;
import dev.dovetail.engine.round.Target.Logits;
import dev.dovetail.models.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A node's logits in a tree are, to the last bit, those of its path alone, decoded one by one; and
 * what is kept of a tree is as if nothing else had been there.
 */
class TreeBitsTest {
  @TempDir private static Path folder;

  /**
   * Prefixes on and off the edge of a panel of keys, and just before the split of long contexts.
   */
  static Stream<Arguments> trees() {
    return TinyTargets.quickModels().stream()
        .flatMap(model ->
            (model.startsWith("llama Q4_1") ? List.of(0, 16, 21, 251) : List.of(13))
                .stream().map(prefix -> Arguments.of(model, prefix)));
  }

  @ParameterizedTest
  @MethodSource("trees")
  void nodesAreAsTheirPathsAlone(String model, int prefix) throws IOException {
    long seed = 31L * prefix + model.hashCode();
    TreeBatch tree = randomTree(seed, prefix);
    int[] ids = TinyTargets.tokens(prefix);
    try (Engine one = TinyTargets.open(folder, model, 1);
        Engine three = TinyTargets.open(folder, model, 3);
        Target plain = one.newTarget();
        Target target = three.newTarget()) {
      TinyTargets.append(plain, ids, 0, 128);
      TinyTargets.append(target, ids, 0, 128);
      target.pass(tree, Logits.ALL);
      for (int node = 0; node < tree.end(); node++) {
        int[] path = path(tree, node);
        plain.truncate(prefix);
        int[][] alone = TinyTargets.append(plain, tokens(tree, ids, path), prefix, 1);
        assertThat(TinyTargets.bits(target, node))
            .as(
                "%s, seed %d, node %d of %d at depth %d",
                model, seed, node, tree.end(), path.length)
            .isEqualTo(alone[path.length - 1]);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("trees")
  void whatIsKeptOfATreeIsAsIfDecodedPlainly(String model, int prefix) throws IOException {
    long seed = 37L * prefix + model.hashCode();
    TreeBatch tree = randomTree(seed, prefix);
    int[] path = path(tree, deepest(tree));
    int[] ids = tokens(tree, TinyTargets.tokens(prefix), path);
    int[] continued = Arrays.copyOf(ids, ids.length + 6);
    System.arraycopy(TinyTargets.tokens(6), 0, continued, ids.length, 6);
    try (Engine engine = TinyTargets.open(folder, model, 2);
        Target fresh = engine.newTarget();
        Target target = engine.newTarget()) {
      int[][] expected = TinyTargets.append(fresh, continued, 0, 128);
      TinyTargets.append(target, ids, 0, 128);
      target.truncate(prefix);
      target.pass(tree, Logits.NONE);
      target.commit(path, path.length);
      assertThat(target.length()).isEqualTo(ids.length);
      int[][] actual = TinyTargets.append(target, continued, ids.length, 1);
      // Once more from the middle: what was dropped must not come back.
      target.truncate(ids.length - 1);
      int[][] again = TinyTargets.append(target, continued, ids.length - 1, 2);
      for (int i = 0; i < actual.length; i++) {
        String what = "%s, seed %d, token %d after the tree".formatted(model, seed, i);
        assertThat(actual[i]).as(what).isEqualTo(expected[ids.length + i]);
        assertThat(again[i + 1]).as(what + ", again").isEqualTo(expected[ids.length + i]);
      }
    }
  }

  /** 10 to 20 nodes; siblings may hold the same token. */
  private static TreeBatch randomTree(long seed, int prefix) {
    SplittableRandom random = new SplittableRandom(seed);
    int nodes = random.nextInt(10, 21);
    TreeBatch tree = new TreeBatch(nodes);
    tree.reset(prefix);
    for (int i = 0; i < nodes; i++) {
      int parent =
          i == 0 || prefix > 0 && random.nextInt(8) == 0
              ? TreeBatch.PREFIX
              : random.nextInt(Math.max(0, i - 5), i);
      tree.add(random.nextInt(TinyModels.VOCABULARY), parent);
    }
    return tree;
  }

  private static int deepest(TreeBatch tree) {
    int deepest = 0;
    for (int node = 0; node < tree.end(); node++) {
      deepest = tree.depth(node) > tree.depth(deepest) ? node : deepest;
    }
    return deepest;
  }

  private static int[] path(TreeBatch tree, int node) {
    int[] path = new int[tree.depth(node) + 1];
    tree.path(node, path);
    return path;
  }

  private static int[] tokens(TreeBatch tree, int[] prefix, int[] path) {
    int[] ids = Arrays.copyOf(prefix, prefix.length + path.length);
    for (int i = 0; i < path.length; i++) {
      ids[prefix.length + i] = tree.token(path[i]);
    }
    return ids;
  }
}
