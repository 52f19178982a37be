package dev.dovetail.models.chat;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.filter.Filter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/** Filters whose meaning in Jinja differs from the engine's own. */
final class PythonFilters {
  private PythonFilters() {}

  static final List<Filter> ALL =
      List.of(
          filter("trim", (value, arguments) -> PythonStrings.strip(text(value))),
          filter("string", (value, arguments) -> text(value)),
          filter(
              "upper",
              (value, arguments) -> PythonStrings.call(text(value), "upper", new Object[0])),
          filter(
              "lower",
              (value, arguments) -> PythonStrings.call(text(value), "lower", new Object[0])),
          filter(
              "title",
              (value, arguments) -> PythonStrings.call(text(value), "title", new Object[0])),
          filter(
              "capitalize",
              (value, arguments) -> PythonStrings.call(text(value), "capitalize", new Object[0])),
          filter(
              "replace",
              (value, arguments) ->
                  PythonStrings.call(text(value), "replace", arguments.positional())),
          filter("join", PythonFilters::join),
          filter("default", PythonFilters::orDefault),
          filter("d", PythonFilters::orDefault),
          filter(
              "items",
              (value, arguments) ->
                  value instanceof Map<?, ?> map ? new ArrayList<>(map.entrySet()) : List.of()),
          filter("tojson", PythonFilters::toJson));

  private record Arguments(Object[] positional, Map<String, Object> named) {
    Object get(int index, String name) {
      return index < positional.length ? positional[index] : named.get(name);
    }
  }

  private static Filter filter(String name, BiFunction<Object, Arguments, Object> function) {
    return new Filter() {
      @Override
      public String getName() {
        return name;
      }

      @Override
      public Object filter(
          Object value,
          JinjavaInterpreter interpreter,
          Object[] arguments,
          Map<String, Object> named) {
        RenderBudget.current().step();
        return function.apply(value, new Arguments(arguments, named));
      }

      @Override
      public Object filter(Object value, JinjavaInterpreter interpreter, String... arguments) {
        return filter(value, interpreter, arguments, Map.of());
      }
    };
  }

  /** The text of a value; of a list or dictionary, its JSON. */
  static String text(Object value) {
    return switch (value) {
      case null -> "";
      case String text -> text;
      case Boolean truth -> truth ? "True" : "False";
      case Map<?, ?> map -> json(map, -1);
      case List<?> list -> json(list, -1);
      default -> value.toString();
    };
  }

  private static Object join(Object value, Arguments arguments) {
    Object separator = arguments.get(0, "d");
    return PythonStrings.call(
        separator == null ? "" : text(separator), "join", new Object[] {value});
  }

  private static Object orDefault(Object value, Arguments arguments) {
    boolean replaceFalse = PythonTags.isTrue(arguments.get(1, "boolean"));
    boolean keep = replaceFalse ? PythonTags.isTrue(value) : value != null;
    if (keep) {
      return value;
    }
    Object replacement = arguments.get(0, "default_value");
    return replacement == null ? "" : replacement;
  }

  private static Object toJson(Object value, Arguments arguments) {
    Object indent = arguments.get(0, "indent");
    return json(value, indent instanceof Number n ? Math.clamp(n.intValue(), 0, 16) : -1);
  }

  private static String json(Object value, int indent) {
    StringBuilder json = new StringBuilder();
    appendJson(json, value, indent, 0);
    return json.toString();
  }

  /** Python's {@code json.dumps(value, ensure_ascii=False, indent=indent)}; indent -1 is none. */
  private static void appendJson(StringBuilder json, Object value, int indent, int depth) {
    RenderBudget.current().text(json.length());
    switch (value) {
      case null -> json.append("null");
      case Map<?, ?> map -> {
        String separator = "";
        json.append('{');
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          json.append(separator);
          newLine(json, indent, depth + 1);
          appendQuoted(json, text(entry.getKey()));
          json.append(": ");
          appendJson(json, entry.getValue(), indent, depth + 1);
          separator = indent < 0 ? ", " : ",";
        }
        closeJson(json, '}', map.isEmpty() ? -1 : indent, depth);
      }
      case List<?> list -> {
        String separator = "";
        json.append('[');
        for (Object element : list) {
          json.append(separator);
          newLine(json, indent, depth + 1);
          appendJson(json, element, indent, depth + 1);
          separator = indent < 0 ? ", " : ",";
        }
        closeJson(json, ']', list.isEmpty() ? -1 : indent, depth);
      }
      case Number number -> json.append(number);
      case Boolean truth -> json.append(truth);
      default -> appendQuoted(json, value.toString());
    }
  }

  private static void closeJson(StringBuilder json, char bracket, int indent, int depth) {
    newLine(json, indent, depth);
    json.append(bracket);
  }

  private static void newLine(StringBuilder json, int indent, int depth) {
    if (indent >= 0) {
      json.append('\n').repeat(' ', indent * depth);
    }
  }

  private static void appendQuoted(StringBuilder json, String text) {
    json.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> json.append("\\\"");
        case '\\' -> json.append("\\\\");
        case '\n' -> json.append("\\n");
        case '\r' -> json.append("\\r");
        case '\t' -> json.append("\\t");
        case '\b' -> json.append("\\b");
        case '\f' -> json.append("\\f");
        default -> {
          if (c < ' ') {
            json.append(String.format("\\u%04x", (int) c));
          } else {
            json.append(c);
          }
        }
      }
    }
    json.append('"');
  }
}
