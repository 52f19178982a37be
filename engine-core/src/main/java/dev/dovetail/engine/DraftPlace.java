package dev.dovetail.engine;

/** Which device a draft runs on. */
public enum DraftPlace {
  /** On a GPU where one can be used and has room for it, or else on the CPU, beside the target. */
  AUTO,
  /** On the CPU, beside the target. */
  CPU,
  /** On a GPU; without one, opening the engine fails. */
  GPU
}
