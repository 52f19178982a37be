package dev.dovetail.engine;

import dev.dovetail.models.chat.ChatMessage;
import dev.dovetail.models.chat.ChatTemplate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A conversation of several turns, rendered by the model's own template. What earlier turns share
 * with the next prompt is not computed again. When the context is full, the oldest turns are
 * dropped and the system prompt stays. For one thread at a time; owns its {@link Session}.
 */
public final class Chat implements AutoCloseable {
  private final Engine engine;
  private final ChatTemplate template;
  private final Session session;
  private final List<ChatMessage> turns = new ArrayList<>();
  private Optional<String> system = Optional.empty();

  Chat(Engine engine) {
    this.engine = engine;
    template =
        engine
            .chatTemplate()
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "the model's file has no chat template: use complete() with a raw prompt"));
    session = engine.newSession();
  }

  /**
   * What {@link #send} gives.
   *
   * @param droppedTurns how many of the oldest turns were forgotten to make room for this one
   */
  public record Reply(Completion completion, int droppedTurns) {
    /** The answer. */
    public String text() {
      return completion.text();
    }
  }

  /** Sets the system prompt from the next turn on. */
  public void system(String prompt) {
    system(Optional.of(prompt));
  }

  /** Sets the system prompt from the next turn on; empty: the template's own. */
  public void system(Optional<String> prompt) {
    system = prompt;
  }

  /** The system prompt; empty where the template's own is used. */
  public Optional<String> system() {
    return system;
  }

  /** The conversation so far, without the system prompt. */
  public List<ChatMessage> turns() {
    return List.copyOf(turns);
  }

  /** Forgets all turns; the system prompt stays. */
  public void reset() {
    turns.clear();
  }

  /** As {@link #send(String, GenerationOptions, Consumer)}, greedy. */
  public Reply send(String text, Consumer<Token> sink) {
    return send(text, GenerationOptions.greedy(), sink);
  }

  /**
   * Says something and streams the answer, which becomes part of the conversation, also if it is
   * cancelled.
   *
   * @param text the user's words; spellings of special tokens in it stay text
   * @throws IllegalArgumentException if the system prompt and this turn alone do not fit the
   *     context; the conversation is then as before
   */
  public Reply send(String text, GenerationOptions options, Consumer<Token> sink) {
    List<ChatMessage> asked = new ArrayList<>(turns);
    asked.add(ChatMessage.user(text));
    int[] prompt = encode(asked);
    int dropped = 0;
    // An answer needs room: a quarter of the context, or what was asked for if that is less.
    int room = Math.min(options.maxTokens(), engine.context() / 4);
    while (prompt.length + room > engine.context() && asked.size() > 1) {
      dropped += dropOldestTurn(asked);
      prompt = encode(asked);
    }
    Completion completion = session.generate(prompt, options, sink);
    turns.clear();
    turns.addAll(asked);
    turns.add(ChatMessage.assistant(completion.text()));
    return new Reply(completion, dropped);
  }

  /** A turn is what the user said and what was answered. */
  private static int dropOldestTurn(List<ChatMessage> messages) {
    do {
      messages.removeFirst();
    } while (messages.size() > 1 && !messages.getFirst().role().equals("user"));
    return 1;
  }

  private int[] encode(List<ChatMessage> messages) {
    List<ChatMessage> all = new ArrayList<>();
    system.map(ChatMessage::system).ifPresent(all::add);
    all.addAll(messages);
    return template.encode(all, true, engine.tokenizer());
  }

  @Override
  public void close() {
    session.close();
  }
}
