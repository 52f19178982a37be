package dev.dovetail.cli.humaneval;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes a program of what a model answered.
 *
 * <p>A raw prompt is continued by the function's body. The body ends before the first line that
 * starts at the left margin and is no part of an open bracket or of a string: a comment, a
 * definition or a call there belongs to the next thing that the model went on to write. So a helper
 * that is defined after the function is lost, as in the evaluation of Chen et al. (2021), which
 * stops at such lines.
 *
 * <p>An answer of a chat holds the program in a fenced block: the first that defines the function,
 * else the last. A block that defines it stands after what the prompt has before the function
 * (imports, helpers); one that starts with an indented line is taken for the body. An answer
 * without a block is a program if it defines the function, else a body.
 */
public final class ProgramText {
  private static final Pattern FENCE = Pattern.compile("^(\\s*)(```+|~~~+)\\s*([\\w+-]*).*$");

  private ProgramText() {}

  /** The program that a raw prompt and its continuation make. */
  public static String ofRaw(Problem problem, String completion) {
    String text = problem.prompt() + completion;
    return text.substring(0, PythonLines.marginAfter(text, problem.prompt().length()));
  }

  /** The program in the answer to a chat message that holds the problem. */
  public static String ofChat(Problem problem, String answer) {
    Pattern definition = definition(problem);
    List<String> blocks = blocks(answer);
    for (String block : blocks) {
      if (definition.matcher(block).find()) {
        return preamble(problem) + block;
      }
    }
    if (!blocks.isEmpty()) {
      String last = blocks.getLast();
      boolean body =
          last.lines().filter(line -> !line.isBlank()).findFirst().orElse("").startsWith(" ");
      return body ? ofRaw(problem, last) : preamble(problem) + last;
    }
    return definition.matcher(answer).find() ? preamble(problem) + answer : ofRaw(problem, answer);
  }

  private static Pattern definition(Problem problem) {
    return Pattern.compile(
        "^(?:async\\s+)?def\\s+" + Pattern.quote(problem.entryPoint()) + "\\s*\\(",
        Pattern.MULTILINE);
  }

  /** What the prompt has before the function. */
  private static String preamble(Problem problem) {
    Matcher definition = definition(problem).matcher(problem.prompt());
    return definition.find() ? problem.prompt().substring(0, definition.start()) : "";
  }

  /** The contents of fenced blocks of Python, or of no named language; the last may be open. */
  private static List<String> blocks(String answer) {
    List<String> blocks = new ArrayList<>();
    StringBuilder block = null;
    String indent = "";
    String fence = "";
    boolean python = false;
    for (String line : answer.lines().toList()) {
      Matcher matcher = FENCE.matcher(line);
      if (block == null && matcher.matches()) {
        block = new StringBuilder();
        indent = matcher.group(1);
        fence = matcher.group(2);
        python =
            List.of("", "python", "python3", "py")
                .contains(matcher.group(3).toLowerCase(Locale.ROOT));
      } else if (block != null && line.strip().equals(fence)) {
        addIf(python, blocks, block);
        block = null;
      } else if (block != null) {
        block.append(line.startsWith(indent) ? line.substring(indent.length()) : line).append('\n');
      }
    }
    if (block != null) {
      addIf(python, blocks, block);
    }
    return blocks;
  }

  private static void addIf(boolean python, List<String> blocks, StringBuilder block) {
    if (python) {
      blocks.add(block.toString());
    }
  }
}
