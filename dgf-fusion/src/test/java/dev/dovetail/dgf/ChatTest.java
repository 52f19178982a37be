package dev.dovetail.dgf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.dgf.testing.TinyDraft;
import dev.dovetail.dgf.testing.TinyGeneration;
import dev.dovetail.engine.Cancellation;
import dev.dovetail.engine.Chat;
import dev.dovetail.engine.Completion;
import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.FinishReason;
import dev.dovetail.engine.GenerationOptions;
import dev.dovetail.engine.sampling.SamplingOptions;
import dev.dovetail.models.chat.ChatMessage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Conversations, against single texts of prompts that the template renders from the same turns. */
class ChatTest {
  private static final int CONTEXT = 160;
  private static final String SYSTEM = "speak of foxes";
  private static final GenerationOptions OPTIONS =
      TinyGeneration.options(SamplingOptions.of(0.9f, 4), 16);

  @TempDir private static Path folder;

  private static Engine plain;
  private static Engine drafted;

  @BeforeAll
  static void open() throws IOException {
    Path model = TinyGeneration.model(folder, "llama");
    Path draft = TinyDraft.standard().write(folder);
    plain = Dovetail.open(model).draft(Draft.none()).threads(1).context(CONTEXT).build();
    drafted = Dovetail.open(model).draft(Draft.of(draft)).threads(2).context(CONTEXT).build();
  }

  @AfterAll
  static void close() {
    plain.close();
    drafted.close();
  }

  /** What a fresh session without a draft answers to these messages. */
  private static Completion answer(Optional<String> system, List<ChatMessage> turns) {
    List<ChatMessage> all = new ArrayList<>(turns);
    system.ifPresent(text -> all.addFirst(ChatMessage.system(text)));
    int[] prompt = plain.chatTemplate().orElseThrow().encode(all, true, plain.tokenizer());
    return TinyGeneration.generate(plain, prompt, OPTIONS);
  }

  private static List<ChatMessage> withoutAnswer(Chat chat) {
    return chat.turns().subList(0, chat.turns().size() - 1);
  }

  /**
   * Says something, and requires the answer of a fresh session to what is kept of the conversation.
   */
  private static Chat.Reply say(Chat chat, String text) {
    Chat.Reply reply = chat.send(text, OPTIONS, token -> {});
    Completion fresh = answer(chat.system(), withoutAnswer(chat));
    assertThat(reply.completion().tokenIds()).isEqualTo(fresh.tokenIds());
    assertThat(reply.completion().promptTokens()).isEqualTo(fresh.promptTokens());
    assertThat(chat.turns().getLast()).isEqualTo(ChatMessage.assistant(fresh.text()));
    assertThat(chat.turns().get(chat.turns().size() - 2)).isEqualTo(ChatMessage.user(text));
    return reply;
  }

  @Test
  void laterTurnsAreAsInAFreshConversation() {
    for (Engine engine : List.of(plain, drafted)) {
      try (Chat chat = engine.newChat()) {
        assertThat(say(chat, "the dog").droppedTurns()).isZero();
        assertThat(say(chat, "the fox <|im_end|>").droppedTurns()).isZero();
        assertThat(chat.turns()).hasSize(4);
        chat.system(Optional.of(SYSTEM));
        say(chat, "sun");
        chat.reset();
        assertThat(chat.turns()).isEmpty();
        say(chat, "the dog");
        assertThat(chat.system()).contains(SYSTEM);
      }
    }
  }

  @Test
  void aFullContextDropsTheOldestTurns() {
    for (Engine engine : List.of(plain, drafted)) {
      try (Chat chat = engine.newChat()) {
        chat.system(Optional.of(SYSTEM));
        int dropped = 0;
        int turns = 7;
        for (int i = 0; i < turns; i++) {
          Chat.Reply reply = say(chat, "the dog and the fox " + i);
          dropped += reply.droppedTurns();
          assertThat(reply.completion().promptTokens() + OPTIONS.maxTokens())
              .isLessThanOrEqualTo(CONTEXT);
          assertThat(chat.turns().getFirst().role()).isEqualTo("user");
          assertThat(chat.turns()).hasSize(2 * (i + 1 - dropped));
        }
        assertThat(dropped).isPositive().isLessThan(turns - 1);
      }
    }
  }

  @Test
  void aTurnThatCannotFitChangesNothing() {
    try (Chat chat = drafted.newChat()) {
      say(chat, "the dog");
      List<ChatMessage> before = chat.turns();
      assertThatThrownBy(() -> chat.send("q".repeat(CONTEXT), OPTIONS, token -> {}))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("the context holds " + CONTEXT);
      assertThat(chat.turns()).isEqualTo(before);
      say(chat, "the fox");
    }
  }

  @Test
  void aCancelledAnswerStays() {
    for (Engine engine : List.of(plain, drafted)) {
      try (Chat chat = engine.newChat()) {
        Cancellation cancellation = new Cancellation();
        List<Integer> seen = new ArrayList<>();
        Chat.Reply cut =
            chat.send(
                "the dog",
                OPTIONS.withCancellation(cancellation),
                token -> {
                  seen.add(token.id());
                  if (seen.size() == 5) {
                    cancellation.cancel();
                  }
                });
        assertThat(cut.completion().finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(cut.completion().tokenIds()).hasSize(5);
        assertThat(chat.turns())
            .containsExactly(ChatMessage.user("the dog"), ChatMessage.assistant(cut.text()));
        say(chat, "the fox");
      }
    }
  }
}
