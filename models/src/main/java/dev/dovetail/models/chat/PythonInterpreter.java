package dev.dovetail.models.chat;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.interpret.Context;
import com.hubspot.jinjava.interpret.InterpreterFactory;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;

/**
 * An interpreter that prints values as Python does: {@code True}, and lists and dictionaries within
 * the budget.
 */
final class PythonInterpreter extends JinjavaInterpreter {
  private PythonInterpreter(Jinjava engine, Context context, JinjavaConfig config) {
    super(engine, context, config);
  }

  private PythonInterpreter(JinjavaInterpreter original) {
    super(original);
  }

  @Override
  public String getAsString(Object value) {
    return PythonFilters.text(value);
  }

  static final class Factory implements InterpreterFactory {
    @Override
    public JinjavaInterpreter newInstance(JinjavaInterpreter original) {
      return new PythonInterpreter(original);
    }

    @Override
    public JinjavaInterpreter newInstance(Jinjava engine, Context context, JinjavaConfig config) {
      return new PythonInterpreter(engine, context, config);
    }
  }
}
