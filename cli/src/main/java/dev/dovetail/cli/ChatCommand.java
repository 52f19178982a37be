package dev.dovetail.cli;

import dev.dovetail.engine.Chat;
import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.GenerationOptions;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dovetail chat}: a conversation. */
@Command(
    name = "chat",
    description = "Holds a conversation.",
    footer = {
      "",
      "A line is a message. A message of several lines has a backslash at the end of each but the",
      "last, or stands between two \"\"\". Lines that begin with a slash are commands; /help lists"
          + " them.",
      "Ctrl-C ends an answer, Ctrl-D the conversation. What does not come from a terminal is read"
          + " in",
      "the same way.",
      "",
      "Examples:",
      "  dovetail chat -m qwen2.5-coder-1.5b-instruct",
      "  printf 'My name is Ada.\\nWhat is my name?\\n' | dovetail chat --temp 0",
    })
final class ChatCommand implements Callable<Integer> {
  private static final float USUAL_TEMPERATURE = 0.7f;

  private final Console console;

  @Option(
      names = {"-s", "--system"},
      order = 6,
      paramLabel = "TEXT",
      description = "System prompt. Default: the one of the model's chat template.")
  private String system;

  @Mixin private ModelOption model;
  @Mixin private DraftOptions draft;
  @Mixin private GpuOptions gpu;
  @Mixin private GenerationFlags generation;
  @Mixin private EngineOptions engine;

  @Option(
      names = "--stats",
      order = 60,
      description = "Show a line of statistics under each answer, on standard error.")
  private boolean stats;

  @Option(
      names = "--show-draft",
      order = 62,
      description = "Mark the tokens that had been guessed.")
  private boolean showDraft;

  ChatCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    draft.check();
    gpu.check();
    engine.check();
    GenerationOptions options = generation.options(USUAL_TEMPERATURE);
    Templates.warmUp();
    ModelLocator locator = new ModelLocator(console);
    Dovetail.Builder builder = engine.open(locator.available(model.given()), locator);
    draft.applyTo(builder);
    gpu.applyTo(builder, console);
    try (Engine opened = builder.build();
        Chat chat = opened.newChat()) {
      chat.system(Optional.ofNullable(system));
      ChatView view = new ChatView(console, opened.draftName(), showDraft, stats);
      if (!console.inTerminal() || !console.out().isTerminal()) {
        Utf8Lines lines = new Utf8Lines(console.in(), "standard input");
        return new ChatLoop(chat, options, view, prompt -> LineSource.Line.of(lines.next()), false)
            .run();
      }
      view.say(
          "%s, draft: %s. /help lists commands, Ctrl-D ends."
              .formatted(Printable.of(opened.config().name()), opened.draftName()));
      try (TerminalLines lines = TerminalLines.open(console.env())) {
        return new ChatLoop(chat, options, view, lines, true).run();
      }
    }
  }
}
