package dev.dovetail.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.dovetail.engine.Dovetail;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorFile;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.gguf.GgufFile;
import dev.dovetail.models.safetensors.SafetensorsFile;
import java.lang.reflect.Array;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A file of tensors, described for a person or a program. */
record Inspection(TensorFile file) {
  private static final int SHOWN_ELEMENTS = 6;
  private static final int SHOWN_CHARACTERS = 120;
  private static final int SHOWN_CHARACTERS_OF_ELEMENT = 24;

  private record Total(int tensors, long bytes) {
    Total plus(Tensor tensor) {
      return new Total(tensors + 1, bytes + tensor.data().byteSize());
    }
  }

  String text() {
    StringBuilder text = new StringBuilder();
    text.append(Printable.of(file.path().toString())).append(": ").append(format()).append('\n');
    Map<String, ?> metadata = file.metadata();
    text.append("\nmetadata (").append(metadata.size()).append(")\n");
    metadata.forEach((key, value) ->
        text.append("  ")
            .append(Printable.of(key))
            .append(" = ")
            .append(value(value))
            .append('\n'));
    List<Tensor> tensors = file.tensors();
    int width = tensors.stream().mapToInt(tensor -> tensor.name().length()).max().orElse(0);
    text.append("\ntensors (").append(tensors.size()).append(")\n");
    for (Tensor tensor : tensors) {
      String name = tensor.name() + " ".repeat(width - tensor.name().length());
      text.append(
          "  %s  %-6s  %16s  %12d bytes\n"
              .formatted(
                  Printable.of(name), tensor.type(), tensor.shape(), tensor.data().byteSize()));
    }
    text.append("\ntotals\n");
    long all = 0;
    for (Map.Entry<TensorType, Total> entry : totals().entrySet()) {
      Total total = entry.getValue();
      all += total.bytes();
      text.append(
          "  %-6s  %5d tensors  %10s%s\n"
              .formatted(
                  entry.getKey(),
                  total.tensors(),
                  Units.bytes(total.bytes()),
                  weights(entry.getKey())));
    }
    return text.append(
            "  %-6s  %5d tensors  %10s\n".formatted("all", tensors.size(), Units.bytes(all)))
        .toString();
  }

  private static String weights(TensorType type) {
    return type == TensorType.I32
        ? ""
        : String.format(
            Locale.ROOT,
            "  %6.3f bits a weight, %6.3f in memory",
            fileBits(type),
            Dovetail.packedBits(type));
  }

  private static double fileBits(TensorType type) {
    return 8.0 * type.blockBytes() / type.blockSize();
  }

  ObjectNode json() {
    ObjectNode root = Json.object();
    root.put("file", file.path().toString());
    root.put("format", format());
    root.set("metadata", Json.MAPPER.valueToTree(file.metadata()));
    ArrayNode tensors = root.putArray("tensors");
    for (Tensor tensor : file.tensors()) {
      ObjectNode node = tensors.addObject();
      node.put("name", tensor.name());
      node.put("type", tensor.type().name());
      tensor.shape().forEach(node.putArray("shape")::add);
      node.put("bytes", tensor.data().byteSize());
    }
    ArrayNode totals = root.putArray("totals");
    totals()
        .forEach((type, total) -> {
          ObjectNode node = totals.addObject();
          node.put("type", type.name());
          node.put("tensors", total.tensors());
          node.put("bytes", total.bytes());
          if (type != TensorType.I32) {
            node.put("bits_per_weight", fileBits(type));
            node.put("bits_per_weight_in_memory", Dovetail.packedBits(type));
          }
        });
    return root;
  }

  private String format() {
    return switch (file) {
      case GgufFile gguf -> "GGUF";
      case SafetensorsFile safetensors -> "safetensors";
      default -> "PyTorch";
    };
  }

  private Map<TensorType, Total> totals() {
    Map<TensorType, Total> totals = new TreeMap<>();
    for (Tensor tensor : file.tensors()) {
      totals.merge(
          tensor.type(), new Total(0, 0).plus(tensor), (before, one) -> before.plus(tensor));
    }
    return totals;
  }

  private static String value(Object value) {
    if (value instanceof String string) {
      return '"' + Printable.shortened(string, SHOWN_CHARACTERS) + '"';
    }
    if (value instanceof List<?> list) {
      return elements(list.size(), list::get);
    }
    if (value.getClass().isArray()) {
      return elements(Array.getLength(value), i -> Array.get(value, i));
    }
    return value.toString();
  }

  private static String elements(int count, java.util.function.IntFunction<Object> element) {
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < Math.min(count, SHOWN_ELEMENTS); i++) {
      Object one = element.apply(i);
      text.append(i == 0 ? "" : ", ")
          .append(
              one instanceof String string
                  ? '"' + Printable.shortened(string, SHOWN_CHARACTERS_OF_ELEMENT) + '"'
                  : one);
    }
    return text.append(count > SHOWN_ELEMENTS ? ", ... (" + count + ")]" : "]").toString();
  }
}
