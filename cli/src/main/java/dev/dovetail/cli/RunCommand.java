package dev.dovetail.cli;

import dev.dovetail.engine.Completion;
import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.FinishReason;
import dev.dovetail.engine.GenerationOptions;
import dev.dovetail.engine.Session;
import dev.dovetail.engine.Token;
import dev.dovetail.models.chat.ChatMessage;
import dev.dovetail.models.chat.ChatTemplate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dovetail run}: one prompt, one answer. */
@Command(
    name = "run",
    description = "Answers one prompt and streams the answer.",
    footer = {
      "",
      "Ctrl-C ends the answer and keeps what there is (exit code 130); a second one ends the"
          + " program.",
      "",
      "Examples:",
      "  dovetail run \"Write a Python function that reverses a linked list.\"",
      "  git diff | dovetail run -s \"Summarise this change in one line.\"",
      "  dovetail run --raw --json -n 64 --file prompt.txt",
    })
final class RunCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private PromptSource prompt;
  @Mixin private ModelOption model;

  @Option(
      names = {"-s", "--system"},
      order = 6,
      paramLabel = "TEXT",
      description = "System prompt. Default: the one of the model's chat template.")
  private String system;

  @Option(
      names = "--raw",
      order = 7,
      description = "Continue the text as it stands, without the model's chat template.")
  private boolean raw;

  @Mixin private DraftOptions draft;
  @Mixin private GpuOptions gpu;
  @Mixin private GenerationFlags generation;
  @Mixin private EngineOptions engine;

  @Option(
      names = "--stats",
      order = 60,
      description =
          "Show detailed statistics on standard error (a terminal gets one line without it).")
  private boolean stats;

  @Option(
      names = "--json",
      order = 61,
      description =
          "Print one JSON object with text, token ids and statistics instead of the text.")
  private boolean json;

  @Option(
      names = "--show-draft",
      order = 62,
      description = "Mark the tokens that had been guessed.")
  private boolean showDraft;

  @Spec private CommandSpec spec;

  RunCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    check();
    GenerationOptions options = generation.options(0);
    if (!raw) {
      Templates.warmUp();
    }
    String text = raw ? prompt.read(console) : prompt.readLine(console);
    ModelLocator locator = new ModelLocator(console);
    Dovetail.Builder builder = engine.open(locator.available(model.given()), locator);
    draft.applyTo(builder);
    gpu.applyTo(builder, console);
    try (Engine opened = builder.build();
        Session session = opened.newSession()) {
      Completion completion = generate(opened, session, text, options);
      return completion.finishReason() == FinishReason.CANCELLED ? Cli.INTERRUPTED : Cli.DONE;
    }
  }

  private void check() {
    OptionChecks checks = new OptionChecks(spec);
    checks.that(!json || !showDraft, "--json and --show-draft exclude each other");
    checks.that(!raw || system == null, "--raw takes no --system: write all of the text yourself");
    prompt.check(console, false);
    draft.check();
    gpu.check();
    engine.check();
  }

  private Completion generate(
      Engine opened, Session session, String text, GenerationOptions options) {
    int[] ids = raw ? opened.rawPrompt(text) : template(opened, text);
    if (json) {
      Completion completion = generate(session, ids, options, token -> {});
      console.out().line(CompletionJson.of(completion));
      return completion;
    }
    TokenPrinter printer = new TokenPrinter(console, showDraft);
    printer.legend(opened.draftName());
    Completion completion;
    try {
      completion = generate(session, ids, options, printer);
    } finally {
      printer.end();
    }
    if (stats) {
      StatsReport.table(completion).forEach(console.err()::line);
    } else if (console.err().isTerminal()) {
      console.err().line(StatsReport.line(completion));
    }
    return completion;
  }

  private Completion generate(
      Session session, int[] ids, GenerationOptions options, Consumer<Token> sink) {
    try (Interrupts.Scope _ = console.interrupts().handleOnce(options.cancellation()::cancel)) {
      return session.generate(ids, options, sink);
    }
  }

  private int[] template(Engine opened, String text) {
    ChatTemplate template =
        opened
            .chatTemplate()
            .orElseThrow(() ->
                new IllegalArgumentException("the model's file has no chat template: use --raw"));
    List<ChatMessage> messages = new ArrayList<>();
    if (system != null) {
      messages.add(ChatMessage.system(system));
    }
    messages.add(ChatMessage.user(text));
    return template.encode(messages, true, opened.tokenizer());
  }
}
