package dev.dovetail.cli;

import dev.dovetail.cli.MessageReader.Entry;
import dev.dovetail.engine.Cancellation;
import dev.dovetail.engine.Chat;
import dev.dovetail.engine.Completion;
import dev.dovetail.engine.GenerationOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A conversation from its first line to its last. */
final class ChatLoop {
  /** What lines may begin with. */
  static final List<String> COMMANDS =
      List.of("/help", "/stats", "/reset", "/system", "/save", "/exit");

  private static final List<String> HELP =
      List.of(
          "/help          this list",
          "/stats         statistics of the last answer",
          "/reset         forget the conversation; the system prompt stays",
          "/system TEXT   set the system prompt from now on; without TEXT: the model's own",
          "/save FILE     write the conversation: as JSON where the name ends in .json, else as"
              + " Markdown",
          "/exit          end (so does Ctrl-D)",
          "A backslash at the end of a line continues the message; \"\"\" begins and ends a block.",
          "A space before a slash makes it part of a message. Ctrl-C ends an answer.");

  private final Chat chat;
  private final GenerationOptions options;
  private final ChatView view;
  private final MessageReader reader;
  private final boolean interactive;
  private Optional<Completion> last = Optional.empty();
  private boolean failed;

  /**
   * @param interactive whether a person types the lines
   */
  ChatLoop(
      Chat chat, GenerationOptions options, ChatView view, LineSource lines, boolean interactive) {
    this.chat = chat;
    this.options = options;
    this.view = view;
    this.interactive = interactive;
    reader = new MessageReader(lines);
  }

  /**
   * Runs until the lines end; gives the exit code: of a conversation that is piped, whether every
   * line was obeyed.
   */
  int run() {
    while (true) {
      switch (reader.next()) {
        case Entry.End end -> {
          return failed && !interactive ? Cli.FAILED : Cli.DONE;
        }
        case Entry.Nothing nothing -> {
          if (nothing.interrupted()) {
            view.say("(Ctrl-D or /exit ends the conversation)");
          }
        }
        case Entry.Command command when command.name().equals("exit") -> {
          return failed && !interactive ? Cli.FAILED : Cli.DONE;
        }
        case Entry.Command command -> obey(command);
        case Entry.Message message -> send(message.text());
      }
    }
  }

  private void send(String text) {
    Cancellation cancellation = new Cancellation();
    TokenPrinter answer = view.newAnswer();
    Chat.Reply reply;
    try (Interrupts.Scope _ = view.console().interrupts().handle(cancellation::cancel)) {
      reply = chat.send(text, options.withCancellation(cancellation), answer);
    } catch (IllegalArgumentException e) {
      complain(e.getMessage());
      return;
    } finally {
      answer.end();
    }
    last = Optional.of(reply.completion());
    view.answered(reply);
  }

  private void obey(Entry.Command command) {
    switch (command.name()) {
      case "help" -> HELP.forEach(view::say);
      case "stats" ->
          last.map(StatsReport::table).orElse(List.of("there is no answer yet")).forEach(view::say);
      case "reset" -> {
        chat.reset();
        view.say("(forgotten)");
      }
      case "system" -> {
        chat.system(Optional.of(command.argument()).filter(text -> !text.isEmpty()));
        view.say(
            chat.system().isPresent() ? "(system prompt set)" : "(system prompt: the model's own)");
      }
      case "save" -> save(command.argument());
      default -> complain("/" + command.name() + " is no command; /help lists them");
    }
  }

  private void save(String file) {
    if (file.isEmpty()) {
      complain("/save needs the name of a file");
      return;
    }
    try {
      Path path = Path.of(file);
      new Transcript(chat.system(), chat.turns()).save(path);
      view.say("(saved to " + path.toAbsolutePath() + ")");
    } catch (IOException | IllegalArgumentException e) {
      complain(Failures.describe(e));
    }
  }

  private void complain(String message) {
    failed = true;
    view.complain(message);
  }
}
