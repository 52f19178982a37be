package dev.dovetail.cli.humaneval;

import dev.dovetail.engine.Engine;
import dev.dovetail.engine.round.TreeShape;
import java.util.Optional;

/** One of the ways to decode that are compared. Engines and programs belong to the caller. */
public sealed interface Setting {
  /** What the report calls it; no two settings of a run share a name. */
  String name();

  /** Without a draft: what gains and texts are compared with. */
  record Plain(Engine engine) implements Setting {
    /** Its name in every report. */
    public static final String NAME = "plain";

    @Override
    public String name() {
      return NAME;
    }
  }

  /**
   * With a draft.
   *
   * @param engine with the draft; settings that differ in the tree alone share it
   * @param tree what the draft is asked for; empty: the engine's choice
   * @param sha256 of the draft's file
   */
  record Drafted(String name, Engine engine, Optional<TreeShape> tree, Optional<String> sha256)
      implements Setting {}

  /** Another program. */
  record External(Baseline baseline) implements Setting {
    @Override
    public String name() {
      return baseline.name();
    }
  }
}
