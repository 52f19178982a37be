package dev.dovetail.cli.humaneval;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProgramTextTest {
  private static final String PROMPT =
      """
      import math

      def helper(x):
          return x

      def area(r):
          \"""The area of a circle (it's "round").\"""
      """;

  private static final Problem AREA = new Problem("test/area", PROMPT, "area", "", "");

  private static final String BODY = "    return math.pi * r * r\n";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "def other():\n    pass\n",
        "class A:\n    pass\n",
        "# Test\n",
        "if __name__ == '__main__':\n    pass\n",
        "print(area(1))\n",
        "@decorated\n",
        "```\n",
        "assert area(0) == 0\n",
        "\"\"\"\nThat was it.\n\"\"\"\n",
        ")\n",
      })
  void aBodyEndsAtTheLeftMargin(String next) {
    assertThat(ProgramText.ofRaw(AREA, BODY + next)).isEqualTo(PROMPT + BODY);
    assertThat(ProgramText.ofRaw(AREA, BODY + "\n\n" + next)).isEqualTo(PROMPT + BODY + "\n\n");
    assertThat(ProgramText.ofRaw(AREA, next)).isEqualTo(PROMPT);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "    x = [\n1,\n2\n]\n    return x\n",
        "    x = \"\"\"\nat the margin: [ '\n\"\"\"\n    return x\n",
        "    x = 1 + \\\n2\n    return x\n",
        "    x = '[' # it's (\n    return x\n",
        "    x = 'a\\'(' + \"'\"\n    return x\n",
        "\n    # one\n\n    def inner():\n        return 1\n\n    return inner()",
        "    return f(a,\nb)",
        "    x = '\\",
      })
  void whatContinuesTheBodyStays(String body) {
    assertThat(ProgramText.ofRaw(AREA, body)).isEqualTo(PROMPT + body);
  }

  @Test
  void aPromptThatEndsWithinALineIsContinuedThere() {
    Problem problem = new Problem("test/f", "def f(x):\n    return", "f", "", "");
    assertThat(ProgramText.ofRaw(problem, " x\nf(1)\n")).isEqualTo("def f(x):\n    return x\n");
  }

  @Test
  void theBlockThatDefinesTheFunctionIsTheProgram() {
    String answer =
        """
        First:
        ```bash
        def area(
        ```
        ```python
        import cmath
        ```
        Then:
        ```python
        def area(r):
            return 3 * r
        ```
        Example:
        ```python
        def area(r):
            return 4
        ```
        """;
    assertThat(ProgramText.ofChat(AREA, answer))
        .isEqualTo(
            "import math\n\ndef helper(x):\n    return x\n\ndef area(r):\n    return 3 * r\n");
  }

  @Test
  void aBlockMayBeIndentedUnnamedOrOpen() {
    String wanted =
        "import math\n\ndef helper(x):\n    return x\n\ndef area(r):\n    return 3 * r\n";
    assertThat(
            ProgramText.ofChat(
                AREA, "1. So:\n   ```Python\n   def area(r):\n       return 3 * r\n   ```\n"))
        .isEqualTo(wanted);
    assertThat(ProgramText.ofChat(AREA, "```\ndef area(r):\n    return 3 * r\n")).isEqualTo(wanted);
  }

  @Test
  void aBlockThatIsIndentedIsTheBody() {
    assertThat(ProgramText.ofChat(AREA, "Only this:\n```python\n" + BODY + "```\nDone."))
        .isEqualTo(PROMPT + BODY);
  }

  @Test
  void aBlockWithoutTheFunctionIsAProgramAllTheSame() {
    assertThat(ProgramText.ofChat(AREA, "```python\narea = lambda r: 1\n```"))
        .isEqualTo("import math\n\ndef helper(x):\n    return x\n\narea = lambda r: 1\n");
  }

  @Test
  void anAnswerWithoutABlockIsAProgramOrABody() {
    assertThat(ProgramText.ofChat(AREA, "def area(r):\n    return 1\n"))
        .endsWith("return x\n\ndef area(r):\n    return 1\n");
    assertThat(ProgramText.ofChat(AREA, BODY)).isEqualTo(PROMPT + BODY);
    assertThat(ProgramText.ofChat(AREA, "I cannot do that.")).isEqualTo(PROMPT);
  }

  /** A canonical solution is its own body: nothing of it is cut away. */
  @Test
  void canonicalSolutionsStayWhole() {
    assertThat(Problems.all())
        .hasSize(Problems.COUNT)
        .allSatisfy(problem ->
            assertThat(ProgramText.ofRaw(problem, problem.canonicalSolution()))
                .isEqualTo(problem.prompt() + problem.canonicalSolution()));
  }
}
