package dev.dovetail.models.chat;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.LegacyOverrides;
import com.hubspot.jinjava.el.JinjavaProcessors;
import com.hubspot.jinjava.interpret.RenderResult;
import com.hubspot.jinjava.interpret.TemplateError;
import com.hubspot.jinjava.lib.filter.Filter;
import com.hubspot.jinjava.lib.fn.ELFunctionDefinition;
import com.hubspot.jinjava.objects.date.StrftimeFormatter;
import java.lang.reflect.Method;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import jinjava.javax.el.ExpressionFactory;

/**
 * Jinja as Hugging Face's {@code apply_chat_template} sets it up: blocks trimmed, {@code
 * raise_exception}, {@code strftime_now}, {@code tojson}; Python's strings, lists and dictionaries,
 * and nothing else of the machine.
 */
final class TemplateEngine extends Jinjava {
  /** A template's blocks nest a few levels deep; each level takes some frames of the stack. */
  private static final int MAX_MACRO_DEPTH = 32;

  private static final long STACK_SIZE = 4L << 20;

  private final ExpressionFactory expressions = PythonSyntax.expressionFactory();

  private TemplateEngine(JinjavaConfig config) {
    super(config);
    setResourceLocator((name, charset, interpreter) -> {
      throw new IllegalArgumentException("a chat template cannot read another file: " + name);
    });
    registerTag(new PythonTags.If());
    registerTag(new PythonTags.For());
    for (Filter filter : PythonFilters.ALL) {
      registerFilter(filter);
    }
    registerFunction(function("raise_exception"));
    registerFunction(function("strftime_now"));
  }

  /**
   * Loading the engine's classes takes some tenths of a second, so it is made when first needed.
   */
  private static final class Holder {
    static final TemplateEngine ENGINE = warm();

    /**
     * A first rendering, of a template of ours: loading classes must not count as a template's
     * time.
     */
    private static TemplateEngine warm() {
      TemplateEngine engine = new TemplateEngine(config(RenderBudget.MAX_TEXT));
      engine.render(
          "{% for m in messages %}{% if loop.first and m['role'] != 'x' %}{{ m['role'] + '\\n' }}{% endif %}{% endfor %}",
          Map.of("messages", List.of(Map.of("role", "user"))),
          new RenderBudget(1, 0, Duration.ofMinutes(1)));
      return engine;
    }
  }

  static TemplateEngine get() {
    return Holder.ENGINE;
  }

  private static JinjavaConfig config(long maxText) {
    return JinjavaConfig.newBuilder()
        .withNestedInterpretationEnabled(false)
        .withMaxOutputSize(maxText)
        .withMaxStringLength(maxText)
        .withTrimBlocks(true)
        .withLstripBlocks(true)
        .withKeepTrailingNewline(true)
        .withLegacyOverrides(
            LegacyOverrides.newBuilder()
                .withEvaluateMapKeys(true)
                .withIterateOverMapKeys(true)
                .withUseNaturalOperatorPrecedence(true)
                .withParseWhitespaceControlStrictly(true)
                .withAllowAdjacentTextNodes(true)
                .withUseTrimmingForNotesAndExpressions(true)
                .withKeepNullableLoopValues(true)
                .withHandleBackslashInQuotesOnly(true)
                .build())
        .withInterperterFactory(new PythonInterpreter.Factory())
        .withEnableFilterChainOptimization(true)
        .withEnableRecursiveMacroCalls(true)
        .withMaxMacroRecursionDepth(MAX_MACRO_DEPTH)
        .withMaxListSize(RenderBudget.MAX_LIST)
        .withMaxMapSize(RenderBudget.MAX_LIST)
        .withElResolver(new PythonResolver())
        .withProcessors(
            JinjavaProcessors.newBuilder()
                .withNodePreProcessor((node, interpreter) -> RenderBudget.current().step())
                .build())
        .build();
  }

  @Override
  public ExpressionFactory getExpressionFactory() {
    return expressions;
  }

  /**
   * The text that a template gives.
   *
   * @throws IllegalArgumentException if the template is wrong, refuses the conversation, or passes
   *     the budget; the message is one line
   */
  String render(String template, Map<String, ?> variables, RenderBudget budget) {
    FutureTask<String> task = new FutureTask<>(() -> renderHere(template, variables, budget));
    // On a thread of its own: a stack of a known size, and an end to whatever the budget does not
    // see.
    Thread thread = new Thread(null, task, "chat-template", STACK_SIZE);
    thread.setDaemon(true);
    thread.start();
    try {
      return task.get(budget.timeLimit().toNanos() * 10 / 9, TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      budget.stop("takes too long");
      throw failure("takes too long", e);
    } catch (InterruptedException e) {
      budget.stop("was interrupted");
      Thread.currentThread().interrupt();
      throw failure("was interrupted", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof StackOverflowError) {
        throw failure("nests too deeply", e.getCause());
      }
      throw e.getCause() instanceof IllegalArgumentException known
          ? known
          : failure(e.getCause().getMessage(), e.getCause());
    }
  }

  private String renderHere(String template, Map<String, ?> variables, RenderBudget budget) {
    budget.enter();
    RenderResult result = renderForResult(template, variables, config(budget.maxText()));
    if (budget.stopped() != null) {
      throw failure(budget.stopped(), null);
    }
    List<TemplateError> errors = result.getErrors();
    if (!errors.isEmpty()) {
      TemplateError first = errors.getFirst();
      throw failure("line " + first.getLineno() + ": " + first.getMessage(), first.getException());
    }
    return result.getOutput();
  }

  private static IllegalArgumentException failure(String reason, Throwable cause) {
    String line = String.valueOf(reason).lines().findFirst().orElse("").strip();
    return new IllegalArgumentException("the chat template " + line, cause);
  }

  /** Called by templates that refuse a conversation. */
  static String raiseException(String message) {
    throw RenderBudget.current().stop("refuses this conversation: " + message);
  }

  /** Called by templates that tell the model today's date. */
  static String strftimeNow(String format) {
    return StrftimeFormatter.format(
        ZonedDateTime.now(ZoneId.systemDefault()), format, Locale.ENGLISH);
  }

  private static ELFunctionDefinition function(String name) {
    String javaName = name.equals("strftime_now") ? "strftimeNow" : "raiseException";
    try {
      Method method = TemplateEngine.class.getDeclaredMethod(javaName, String.class);
      method.setAccessible(true);
      return new ELFunctionDefinition("", name, method);
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException(e);
    }
  }
}
