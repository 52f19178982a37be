package dev.dovetail.cli.humaneval.page;

import com.fasterxml.jackson.databind.JsonNode;
import dev.dovetail.cli.markup.Markup;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** All that the report says of how it was made, field by field. */
final class Conditions {
  /** Fields whose own name does not say enough; of others the underscores become spaces. */
  private static final Map<String, String> NAMES =
      Map.ofEntries(
          Map.entry("cpu", "CPU"),
          Map.entry("os", "system"),
          Map.entry("jdk", "Java"),
          Map.entry("dovetail", "Dovetail"),
          Map.entry("vector_bits", "vector width"),
          Map.entry("kv_type", "keys and values"),
          Map.entry("read_gb_per_s", "memory is read at"),
          Map.entry("fma_gmac_per_s", "multiply-adds"),
          Map.entry("gpu", "GPU"),
          Map.entry("gpu_driver", "GPU’s driver"),
          Map.entry("gpu_layers", "layers on the GPU"),
          Map.entry("memory_bytes", "memory"),
          Map.entry("sha256", "SHA-256"),
          Map.entry("draft_sha256", "SHA-256 of the draft"),
          Map.entry("bytes", "size"),
          Map.entry("types", "types of weights"),
          Map.entry("max_tokens", "most tokens"),
          Map.entry("repeat", "repeats"),
          Map.entry("limit", "problems at most"),
          Map.entry("scoring", "tests run by"),
          Map.entry("arguments", "flags"));

  /** Fields that no reader reads, but compares. */
  private static final Set<String> CODES = Set.of("sha256", "draft_sha256", "commit", "program");

  /** Fields that are null where there is no such thing. */
  private static final Set<String> OPTIONAL = Set.of("gpu", "gpu_driver", "scoring");

  private Conditions() {}

  static void write(Markup html, JsonNode report) {
    html.open("div", "class", "conditions").newLine();
    list(html, "Machine and build", report.path("conditions"));
    list(html, "Model", report.path("model"));
    list(html, "Run", report.path("options"), "created", report.path("created"));
    html.open("div").element("h3", "Settings").open("dl").newLine();
    report.path("settings").forEach(setting -> setting(html, setting));
    html.close().close().close().newLine();
  }

  /** A setting in one entry: what it does not have is none, for instance plain decoding's draft. */
  private static void setting(Markup html, JsonNode setting) {
    html.element("dt", setting.path("name").asText()).open("dd");
    String before = "";
    for (Map.Entry<String, JsonNode> entry : setting.properties()) {
      String field = entry.getKey();
      if (!field.equals("name")) {
        html.text(before + name(field) + " ");
        value(html, field, entry.getValue(), "none");
        before = ", ";
      }
    }
    html.close().newLine();
  }

  private static void list(Markup html, String title, JsonNode fields) {
    list(html, title, fields, null, null);
  }

  private static void list(
      Markup html, String title, JsonNode fields, String more, JsonNode moreValue) {
    html.open("div").element("h3", title).open("dl").newLine();
    if (more != null) {
      field(html, more, moreValue);
    }
    for (Map.Entry<String, JsonNode> entry : fields.properties()) {
      field(html, entry.getKey(), entry.getValue());
    }
    html.close().close().newLine();
  }

  private static void field(Markup html, String field, JsonNode value) {
    html.element("dt", name(field)).open("dd");
    value(html, field, value, OPTIONAL.contains(field) ? "none" : "not known");
    html.close().newLine();
  }

  private static String name(String field) {
    return NAMES.getOrDefault(field, field.replace('_', ' '));
  }

  private static void value(Markup html, String field, JsonNode value, String missing) {
    if (value.isNull() || value.isMissingNode()) {
      html.element("span", missing, "class", "unknown");
    } else if (value.isArray() || CODES.contains(field)) {
      html.element("code", words(field, value));
    } else {
      html.text(words(field, value));
    }
  }

  private static String words(String field, JsonNode value) {
    if (value.isArray()) {
      return StreamSupport.stream(value.spliterator(), false)
          .map(JsonNode::asText)
          .map(Conditions::quoted)
          .collect(Collectors.joining(" "));
    }
    if (!value.isNumber()) {
      return value.asText();
    }
    return switch (field) {
      case "memory_bytes", "bytes" ->
          Figures.bytes(value.doubleValue()) + " (" + value.asText() + " bytes)";
      case "read_gb_per_s" -> Figures.of(value.doubleValue()) + " GB/s";
      case "fma_gmac_per_s" -> Figures.of(value.doubleValue()) + " GMAC/s";
      case "vector_bits" -> value.asText() + " bits";
      default -> value.asText();
    };
  }

  /** An argument as a shell takes it. */
  private static String quoted(String argument) {
    return argument.matches("[\\w@%+=:,./-]+")
        ? argument
        : "'" + argument.replace("'", "'\\''") + "'";
  }
}
