package dev.dovetail.cli;

import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Turns what is wrong with an option into a usage error. */
record OptionChecks(CommandSpec spec) {
  /** Holds if {@code right}; else the command line is refused with {@code message}. */
  void that(boolean right, String message) {
    if (!right) {
      throw new ParameterException(spec.commandLine(), message);
    }
  }

  /** Makes something from options; its {@link IllegalArgumentException} is the user's mistake. */
  <T> T make(Supplier<T> maker) {
    try {
      return maker.get();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }
}
