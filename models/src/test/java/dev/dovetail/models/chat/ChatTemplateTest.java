package dev.dovetail.models.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Year;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChatTemplateTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<ChatMessage> HI = List.of(ChatMessage.user("Hi"));

  @BeforeAll
  static void loadEngine() {
    ChatTemplate.warmUp();
  }

  /** What Jinja2 makes of the same templates and conversations; see make_templates.py. */
  @TestFactory
  Stream<DynamicTest> rendersAsJinja2Does() throws IOException {
    return lines("templates.jsonl")
        .map(line ->
            DynamicTest.dynamicTest(
                line.get("name").asText() + " " + line.get("messages"),
                () -> {
                  ChatTemplate template =
                      ChatTemplate.of(line.get("template").asText(), "<s>", "</s>");
                  boolean prompt = line.get("add_generation_prompt").asBoolean();
                  if (line.has("error")) {
                    assertThatThrownBy(() -> template.render(messages(line), prompt))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining(line.get("error").asText());
                  } else {
                    assertThat(template.render(messages(line), prompt))
                        .isEqualTo(line.get("text").asText());
                  }
                }));
  }

  /** The golden conversations of the two real models, with those models' own templates. */
  @ParameterizedTest
  @ValueSource(strings = {"smollm2-135m-instruct-q4_1", "qwen2.5-coder-1.5b-instruct-q4_k_m"})
  void rendersTheGoldenConversations(String model) throws IOException {
    String name = model.startsWith("smol") ? "SmolLM2-135M-Instruct.Q4_1" : model;
    String source =
        lines("templates.jsonl")
            .filter(line -> line.get("name").asText().equals(name))
            .findFirst()
            .orElseThrow()
            .get("template")
            .asText();
    ChatTemplate template = ChatTemplate.of(source, "", "");
    List<JsonNode> golden = lines(model + ".chat.jsonl").toList();
    assertThat(golden).hasSize(8);
    for (JsonNode line : golden) {
      assertThat(template.render(messages(line), line.get("add_generation_prompt").asBoolean()))
          .isEqualTo(line.get("text").asText());
    }
  }

  @Test
  void knowsTodaysYear() {
    assertThat(ChatTemplate.of("{{ strftime_now('%Y') }}", "", "").render(HI, false))
        .isEqualTo(Year.now(java.time.ZoneId.systemDefault()).toString());
  }

  @Test
  void dropsOneLastNewlineOfTheSource() {
    assertThat(ChatTemplate.of("a\n\n", "", "").render(HI, false)).isEqualTo("a\n");
    assertThat(ChatTemplate.of("a\r\nb\r\n", "", "").render(HI, false)).isEqualTo("a\nb");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}{{ 1 }}{% endfor %}{% endfor %}{% endfor %}",
        "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
        "{% macro f(n) %}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}",
        "{% set ns = namespace(s='xxxxxxxx') %}{% for a in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
        "{% set ns = namespace(s='xxxxxxxx') %}{% for a in range(100) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
        "{% set ns = namespace(s='xxxxxxxx') %}{% for a in range(100) %}{% set ns.s = [ns.s, ns.s]|join(ns.s) %}{% endfor %}",
        "{% set ns = namespace(s='xxxxxxxx') %}{% for a in range(100) %}{% set ns.s = ns.s.replace('x', ns.s) %}{% endfor %}",
        "{% set ns = namespace(s='xxxxxxxx') %}{% for a in range(100) %}{% set ns.s = ns.s|replace('', ns.s) %}{% endfor %}",
        "{% set ns = namespace(l=[1,2,3]) %}{% for a in range(100) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
        "{% set l = [1] %}{% for a in range(1000) %}{% for b in range(1000) %}{{ l.append(l) }}{% endfor %}{% endfor %}",
        "{% set l = [1] %}{{ l.append(l) }}{{ l }}",
        "{% set l = [1] %}{{ l.append(l) }}{{ l|tojson }}",
        "{% set ns = namespace(l=['x']) %}{% for a in range(90) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
        "{% set ns = namespace(l=['x']) %}{% for a in range(90) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l|tojson }}",
        "{% set ns = namespace(l=['x']) %}{% for a in range(90) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l|string }}",
        "{% set ns = namespace(l=['x']) %}{% for a in range(90) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l ~ '' }}",
        "{% set ns = namespace(l=['x']) %}{% for a in range(90) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ [ns.l, ns.l]|unique }}",
        "{{ 'x' * 2000000000 }}",
        "{{ 'x' * 9000000000000000000 }}",
        "{{ 'xxxx' * 9000000000000000000 }}",
        "{{ 'x'|center(2000000000) }}",
        "{{ '%2000000000d'|format(1) }}",
        "{{ 'x'|indent(2000000000) }}",
        "{{ ____int3rpr3t3r____ }}",
        "{{ ____int3rpr3t3r____.getClass() }}",
        "{{ ''.getClass() }}",
        "{{ messages.getClass().getClassLoader() }}",
        "{% include 'dev/dovetail/models/store/catalogue.json' %}",
        "{% import 'dev/dovetail/models/store/catalogue.json' as x %}",
        "{% extends 'dev/dovetail/models/store/catalogue.json' %}",
        "{% from 'dev/dovetail/models/store/catalogue.json' import x %}",
        "{{ '{{ 1 }}'|render }}",
        "{{ 'a: 1'|fromyaml }}",
        "{% for m in messages %}",
        "{% if %}",
        "{{ 1 + }}",
        "{{ unknown_function() }}",
        "{{ 'a' + none }}",
        "{{ 1 // 0 }}",
      })
  void stopsAHostileOrFaultyTemplate(String source) {
    long start = System.nanoTime();
    assertThatThrownBy(() -> ChatTemplate.of(source, "", "").render(HI, true))
        .isInstanceOf(IllegalArgumentException.class)
        .satisfies(
            e -> assertThat(e.getMessage()).startsWith("the chat template").doesNotContain("\n"));
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
  }

  @Test
  void stopsDeepNesting() {
    for (String source :
        List.of(
            "{{ " + "(".repeat(100_000) + "1" + ")".repeat(100_000) + " }}",
            "{{ " + "[".repeat(100_000) + "1" + "]".repeat(100_000) + " }}",
            "{{ " + "not ".repeat(50_000) + "1 }}",
            "{% if 1 %}".repeat(10_000) + "{% endif %}".repeat(10_000),
            "{{ 'a'" + " + 'a'".repeat(30_000) + " }}",
            "{{".repeat(120_000),
            "{%".repeat(120_000),
            "{#".repeat(120_000),
            "x".repeat(300_000))) {
      long start = System.nanoTime();
      try {
        ChatTemplate.of(source, "", "").render(HI, true);
      } catch (IllegalArgumentException e) {
        assertThat(e.getMessage()).startsWith("the chat template");
      }
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .as(source.substring(0, 20))
          .isLessThan(Duration.ofSeconds(2));
    }
  }

  @Test
  void rendersALongConversation() {
    List<ChatMessage> messages = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      messages.add(ChatMessage.user("x".repeat(2000)));
      messages.add(ChatMessage.assistant("y".repeat(2000)));
    }
    String text =
        ChatTemplate.of(
                "{% for m in messages %}{{ '<' + m.role + '>' + m['content'] }}{% endfor %}",
                "", "")
            .render(messages, true);
    assertThat(text).hasSize(1000 * (2000 + 6 + 2000 + 11));
  }

  private static List<ChatMessage> messages(JsonNode line) {
    List<ChatMessage> messages = new ArrayList<>();
    line.get("messages")
        .forEach(
            m -> messages.add(new ChatMessage(m.get("role").asText(), m.get("content").asText())));
    return messages;
  }

  static Stream<JsonNode> lines(String resource) throws IOException {
    try (InputStream in = ChatTemplateTest.class.getResourceAsStream(resource)) {
      List<JsonNode> nodes = new ArrayList<>();
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
        nodes.add(JSON.readTree(line));
      }
      return nodes.stream();
    }
  }
}
