package dev.dovetail.cli;

import dev.dovetail.cli.humaneval.LlamaCppBaseline;
import dev.dovetail.cli.humaneval.Setting;
import dev.dovetail.dgf.DraftSums;
import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.round.TreeShape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** The drafts that {@code bench humaneval} compares, as the command line lists them. */
record HumanEvalDrafts(List<Entry> entries) {
  /** Names of settings that are no drafts. */
  private static final Set<String> RESERVED = Set.of(Setting.Plain.NAME, LlamaCppBaseline.NAME);

  private static final Pattern WITH_TREE = Pattern.compile("(.+)@([^@/\\\\:]*)");

  /**
   * One of the list.
   *
   * @param text as it was typed
   * @param draft without the tree
   */
  record Entry(String text, String draft, Optional<TreeShape> tree) {
    DraftSpelling spelling() {
      return DraftSpelling.of(draft);
    }

    boolean plain() {
      return spelling().which().equals(DraftSpelling.NONE);
    }

    String name() {
      return plain() ? Setting.Plain.NAME : text;
    }
  }

  /**
   * Reads a list; plain decoding comes first.
   *
   * @throws IllegalArgumentException saying which entry is wrong
   */
  static HumanEvalDrafts parse(List<String> texts) {
    List<Entry> entries = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (String text : texts) {
      Entry entry = entry(text);
      if (!entry.plain() && RESERVED.contains(text)) {
        throw new IllegalArgumentException(
            "--draft lists '%s', a name of reports and not of a draft; write ./%s for a file of that name"
                .formatted(text, text));
      }
      if (!names.add(entry.name())) {
        throw new IllegalArgumentException("--draft lists '%s' twice".formatted(text));
      }
      entries.add(entry.plain() ? 0 : entries.size(), entry);
    }
    return new HumanEvalDrafts(List.copyOf(entries));
  }

  private static Entry entry(String text) {
    Matcher m = WITH_TREE.matcher(text);
    Entry entry =
        m.matches()
            ? new Entry(text, m.group(1), Optional.of(TreeShape.parse(m.group(2))))
            : new Entry(text, text, Optional.empty());
    if (entry.plain() && entry.tree().isPresent()) {
      throw new IllegalArgumentException("no draft guesses a tree; found '" + text + "'");
    }
    return entry;
  }

  /** Engines by their draft, which closing this closes. */
  record Opened(Map<String, Engine> engines, List<Setting> settings) implements AutoCloseable {
    /** An engine for what all have alike: the model, its prompts, the CPU. */
    Engine any() {
      return engines.values().iterator().next();
    }

    @Override
    public void close() {
      engines.values().forEach(Engine::close);
    }
  }

  /**
   * Opens an engine for each draft; entries that differ in the tree alone share one.
   *
   * @param builders makes a builder for the model, each time another
   * @throws IllegalArgumentException if a draft that was asked for does not exist
   * @throws IllegalStateException if the engines place the model otherwise, so that texts may
   *     differ
   */
  Opened open(Supplier<Dovetail.Builder> builders) {
    Opened opened = new Opened(new LinkedHashMap<>(), new ArrayList<>());
    try {
      for (Entry entry : entries) {
        Engine engine =
            opened
                .engines()
                .computeIfAbsent(
                    entry.draft(),
                    any ->
                        builders
                            .get()
                            .draft(entry.spelling().choice())
                            .draftPlace(entry.spelling().place())
                            .build());
        opened.settings().add(setting(entry, engine));
      }
      checkPlacement(opened);
      return opened;
    } catch (RuntimeException | Error e) {
      opened.close();
      throw e;
    }
  }

  private static Setting setting(Entry entry, Engine engine) {
    return entry.plain()
        ? new Setting.Plain(engine)
        : new Setting.Drafted(entry.name(), engine, entry.tree(), sum(entry, engine));
  }

  private static Optional<String> sum(Entry entry, Engine engine) {
    return switch (entry.spelling().choice().model()) {
      case Draft.Bundled bundled -> DraftSums.bundled(engine.config());
      case Draft.Checkpoint checkpoint -> Optional.of(DraftSums.of(checkpoint.path()));
      case Draft.None none -> Optional.empty();
      case Draft.Custom custom -> throw new AssertionError("no option gives " + custom);
    };
  }

  /** Texts are the same within one placement. */
  private static void checkPlacement(Opened opened) {
    IntStream layers = opened.engines().values().stream().mapToInt(Engine::gpuLayers).distinct();
    int[] counts = layers.sorted().toArray();
    if (counts.length > 1) {
      throw new IllegalStateException(
          "with one draft %d of the model's layers go to the GPU, with another %d, and texts may differ then: choose by --gpu-layers %1$d"
              .formatted(counts[0], counts[counts.length - 1]));
    }
  }
}
