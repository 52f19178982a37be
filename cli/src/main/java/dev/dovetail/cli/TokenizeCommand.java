package dev.dovetail.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.dovetail.models.load.Model;
import dev.dovetail.models.tokenizer.Tokenizer;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dovetail tokenize}. */
@Command(
    name = "tokenize",
    description = "Shows a text as the model's tokens: an id and a spelling on each line.",
    footer = {
      "",
      "No begin-of-text token is added.",
      "",
      "Examples:",
      "  dovetail tokenize \"Hello, world\"",
      "  echo '{\"text\":\"Hello\"}' | dovetail tokenize --jsonl",
    })
final class TokenizeCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private PromptSource text;

  @Option(
      names = "--jsonl",
      order = 6,
      description = "Read lines {\"text\":\"...\"} and print lines {\"ids\":[...]}.")
  private boolean jsonl;

  @Option(
      names = "--special",
      order = 7,
      description = "Spellings of special tokens become those tokens instead of text.")
  private boolean special;

  @Mixin private ModelOption model;

  TokenizeCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    text.check(console, jsonl);
    try (Model opened = Model.open(new ModelLocator(console).locate(model.name()))) {
      Tokenizer tokenizer = opened.tokenizer();
      if (jsonl) {
        text.withLines(
            console,
            lines -> JsonLines.answer(lines, console.out(), line -> answer(line, tokenizer)));
      } else {
        print(tokenizer);
      }
    }
    return Cli.DONE;
  }

  private ObjectNode answer(JsonNode line, Tokenizer tokenizer) {
    JsonNode wanted = line.path("text");
    if (!wanted.isTextual()) {
      throw new IllegalArgumentException("wanted an object with a string named text");
    }
    ObjectNode result = Json.object();
    ArrayNode ids = result.putArray("ids");
    for (int id : tokenizer.encode(wanted.textValue(), special)) {
      ids.add(id);
    }
    return result;
  }

  private void print(Tokenizer tokenizer) {
    StringBuilder lines = new StringBuilder();
    for (int id : tokenizer.encode(text.read(console), special)) {
      lines.append("%7d  %s\n".formatted(id, Printable.of(tokenizer.spelling(id))));
    }
    console.out().print(lines.toString());
  }
}
