package dev.dovetail.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** Runs command lines inside the test's process, with streams and an environment of their own. */
final class CliRunner {
  /** What a command did. */
  record Result(int code, String out, String err) {}

  private final Map<String, String> env = new HashMap<>();
  private byte[] in = {};
  private boolean inTerminal;
  private boolean outTerminal;
  private boolean errTerminal;
  private OutputStream out = new ByteArrayOutputStream();
  private Interrupts interrupts = handler -> () -> {};

  CliRunner in(String text) {
    return in(text.getBytes(StandardCharsets.UTF_8));
  }

  CliRunner in(byte[] bytes) {
    in = bytes.clone();
    return this;
  }

  CliRunner inTerminal() {
    inTerminal = true;
    return this;
  }

  CliRunner outTerminal() {
    outTerminal = true;
    return this;
  }

  CliRunner errTerminal() {
    errTerminal = true;
    return this;
  }

  CliRunner out(OutputStream stream) {
    out = stream;
    return this;
  }

  CliRunner env(String name, String value) {
    env.put(name, value);
    return this;
  }

  CliRunner interrupts(Interrupts with) {
    interrupts = with;
    return this;
  }

  Result run(String... args) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Console console =
        new Console(
            new ByteArrayInputStream(in),
            inTerminal,
            new Output(out, outTerminal),
            new Output(err, errTerminal),
            Map.copyOf(env),
            interrupts);
    int code = Cli.run(args, console);
    String text =
        out instanceof ByteArrayOutputStream bytes ? bytes.toString(StandardCharsets.UTF_8) : "";
    return new Result(code, text, err.toString(StandardCharsets.UTF_8));
  }
}
