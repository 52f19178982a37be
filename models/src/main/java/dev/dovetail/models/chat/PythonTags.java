package dev.dovetail.models.chat;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.tag.ForTag;
import com.hubspot.jinjava.lib.tag.IfTag;
import com.hubspot.jinjava.tree.TagNode;
import com.hubspot.jinjava.tree.parse.TagToken;
import com.hubspot.jinjava.util.ForLoop;
import com.hubspot.jinjava.util.ObjectIterator;
import com.hubspot.jinjava.util.ObjectTruthValue;
import java.util.ArrayList;
import java.util.List;

/** Tags whose meaning in Jinja differs from the engine's own. */
final class PythonTags {
  private PythonTags() {}

  static boolean isTrue(Object value) {
    return value instanceof String text ? !text.isEmpty() : ObjectTruthValue.evaluate(value);
  }

  /** {@code if}, where the text "false" is true like any other. */
  static final class If extends IfTag {
    private static final long serialVersionUID = 1L;

    @Override
    public boolean isPositiveIfElseNode(TagNode node, JinjavaInterpreter interpreter) {
      return isTrue(
          interpreter.resolveELExpression(
              node.getHelpers(), node.getLineNumber(), node.getStartPosition()));
    }
  }

  /** {@code for x in list if condition}. */
  static final class For extends ForTag {
    private static final long serialVersionUID = 1L;

    @Override
    public String interpretUnchecked(TagNode node, JinjavaInterpreter interpreter) {
      var variablesAndExpression = getLoopVarsAndExpression((TagToken) node.getMaster());
      List<String> variables = variablesAndExpression.getLeft();
      String expression = variablesAndExpression.getRight();
      int split = conditionStart(expression);
      if (split < 0 || variables.size() != 1) {
        return super.interpretUnchecked(node, interpreter);
      }
      Object all =
          interpreter.resolveELExpression(expression.substring(0, split), node.getLineNumber());
      String condition = expression.substring(split + IF.length());
      List<Object> chosen = new ArrayList<>();
      ForLoop loop = ObjectIterator.getLoop(all);
      while (loop.hasNext()) {
        Object value = interpreter.wrap(loop.next());
        interpreter.enterScope();
        try {
          interpreter.getContext().put(variables.getFirst(), value);
          if (isTrue(interpreter.resolveELExpression(condition, node.getLineNumber()))) {
            RenderBudget.current().list(chosen.size() + 1L);
            chosen.add(value);
          }
        } finally {
          interpreter.leaveScope();
        }
      }
      return renderForCollection(node, interpreter, variables, chosen);
    }

    private static final String IF = " if ";

    /**
     * Where a loop's condition starts, or -1; {@code a if b else c} is a value, not a condition.
     */
    private static int conditionStart(String expression) {
      int found = -1;
      char quote = 0;
      int depth = 0;
      for (int i = 0; i < expression.length(); i++) {
        char c = expression.charAt(i);
        if (quote != 0) {
          if (c == '\\') {
            i++;
          } else if (c == quote) {
            quote = 0;
          }
        } else if (c == '\'' || c == '"') {
          quote = c;
        } else if ("([{".indexOf(c) >= 0) {
          depth++;
        } else if (")]}".indexOf(c) >= 0) {
          depth--;
        } else if (depth == 0 && expression.startsWith(" else ", i)) {
          return -1;
        } else if (depth == 0 && found < 0 && expression.startsWith(IF, i)) {
          found = i;
        }
      }
      return found;
    }
  }
}
