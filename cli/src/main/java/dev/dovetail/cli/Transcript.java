package dev.dovetail.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.dovetail.models.chat.ChatMessage;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A conversation as a file. */
record Transcript(Optional<String> system, List<ChatMessage> turns) {

  /**
   * Writes it: as JSON where the name ends in {@code .json}, else as Markdown. The file appears
   * whole or not at all.
   *
   * @throws FileAlreadyExistsException rather than overwrite
   */
  void save(Path path) throws IOException {
    if (Files.exists(path)) {
      throw new FileAlreadyExistsException(path.toString());
    }
    String text = path.toString().endsWith(".json") ? json() : markdown();
    WholeFile.write(path, text);
  }

  /** A list of messages with role and content, as chat programs exchange them. */
  String json() {
    ArrayNode list = Json.MAPPER.createArrayNode();
    for (ChatMessage message : messages()) {
      list.addObject().put("role", message.role()).put("content", message.content());
    }
    return list.toPrettyString() + "\n";
  }

  String markdown() {
    StringBuilder text = new StringBuilder();
    for (ChatMessage message : messages()) {
      text.append("## ")
          .append(message.role())
          .append("\n\n")
          .append(message.content())
          .append("\n\n");
    }
    return text.toString();
  }

  private List<ChatMessage> messages() {
    List<ChatMessage> all = new ArrayList<>();
    system.map(ChatMessage::system).ifPresent(all::add);
    all.addAll(turns);
    return all;
  }
}
