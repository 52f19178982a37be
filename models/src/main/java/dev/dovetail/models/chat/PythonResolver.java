package dev.dovetail.models.chat;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.exptest.ExpTest;
import com.hubspot.jinjava.util.ForLoop;
import java.beans.FeatureDescriptor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import jinjava.javax.el.ELContext;
import jinjava.javax.el.ELException;
import jinjava.javax.el.ELResolver;

/**
 * Attributes, items and methods of the values that a template sees: strings, lists, maps and the
 * loop variable, with Python's meaning. There is no way from here to any other Java object.
 */
final class PythonResolver extends ELResolver {

  @Override
  public Object getValue(ELContext context, Object base, Object property) {
    RenderBudget.current().step();
    context.setPropertyResolved(true);
    String name = String.valueOf(property);
    return switch (base) {
      case Map<?, ?> map -> map.get(name);
      case List<?> list -> item(list, name);
      case String text -> character(text, name);
      case ForLoop loop -> loopVariable(loop, name);
      case null, default -> null;
    };
  }

  @Override
  public Object invoke(
      ELContext context, Object base, Object method, Class<?>[] types, Object[] parameters) {
    RenderBudget.current().step();
    context.setPropertyResolved(true);
    String name = String.valueOf(method);
    Object[] arguments = parameters == null ? new Object[0] : parameters;
    try {
      return switch (base) {
        case ExpTest test -> test(test, name, arguments);
        case String text -> PythonStrings.call(text, name, arguments);
        case Map<?, ?> map -> mapMethod(map, name, arguments);
        case List<?> list -> listMethod(list, name, arguments);
        case ForLoop loop when name.equals("cycle") -> loop.cycle(arguments);
        case null ->
            throw new IllegalArgumentException("an undefined value has no method '" + name + "'");
        default -> throw new IllegalArgumentException("no method '" + name + "'");
      };
    } catch (IllegalArgumentException e) {
      // The engine reads an IllegalArgumentException as "no value" and would go on.
      throw new ELException(e.getMessage(), e);
    }
  }

  /** Expression tests come as {@code test.evaluate(value, interpreter, arguments...)}. */
  private static Object test(ExpTest test, String method, Object[] arguments) {
    if (arguments.length < 2 || !(arguments[1] instanceof JinjavaInterpreter interpreter)) {
      throw new IllegalArgumentException("no method '" + method + "'");
    }
    Object[] rest = Arrays.copyOfRange(arguments, 2, arguments.length);
    return switch (method) {
      case "evaluate" -> test.evaluate(arguments[0], interpreter, rest);
      case "evaluateNegated" -> test.evaluateNegated(arguments[0], interpreter, rest);
      default -> throw new IllegalArgumentException("no method '" + method + "'");
    };
  }

  private static Object mapMethod(Map<?, ?> map, String method, Object[] arguments) {
    return switch (method) {
      case "items" -> new ArrayList<>(map.entrySet());
      case "keys" -> new ArrayList<>(map.keySet());
      case "values" -> new ArrayList<>(map.values());
      case "get" -> {
        Object value = arguments.length > 0 ? map.get(String.valueOf(arguments[0])) : null;
        yield value == null && arguments.length > 1 ? arguments[1] : value;
      }
      default -> throw new IllegalArgumentException("a dictionary has no method '" + method + "'");
    };
  }

  @SuppressWarnings("unchecked")
  private static Object listMethod(List<?> list, String method, Object[] arguments) {
    switch (method) {
      case "append" -> {
        ((List<Object>) list).add(arguments[0]);
        RenderBudget.current().weigh(list);
        return null;
      }
      case "__reversed__" -> {
        RenderBudget.current().list(list.size());
        List<Object> reversed = new ArrayList<>(list);
        Collections.reverse(reversed);
        return reversed;
      }
      default -> throw new IllegalArgumentException("a list has no method '" + method + "'");
    }
  }

  private static Object item(List<?> list, String name) {
    int index = index(name, list.size());
    return index < 0 ? null : list.get(index);
  }

  private static Object character(String text, String name) {
    int index = index(name, text.length());
    return index < 0 ? null : String.valueOf(text.charAt(index));
  }

  /** The place that a Python index means, or -1. */
  private static int index(String name, int size) {
    if (!name.matches("-?[0-9]{1,9}")) {
      return -1;
    }
    int index = Integer.parseInt(name);
    index = index < 0 ? index + size : index;
    return index < size ? index : -1;
  }

  private static Object loopVariable(ForLoop loop, String name) {
    return switch (name) {
      case "index" -> (long) loop.getIndex();
      case "index0" -> (long) loop.getIndex0();
      case "revindex" -> (long) loop.getRevindex();
      case "revindex0" -> (long) loop.getRevindex0();
      case "first" -> loop.isFirst();
      case "last" -> loop.isLast();
      case "length" -> (long) loop.getLength();
      default -> null;
    };
  }

  @Override
  public Class<?> getType(ELContext context, Object base, Object property) {
    return Object.class;
  }

  @Override
  public void setValue(ELContext context, Object base, Object property, Object value) {
    throw new ELException("a template cannot change its input");
  }

  @Override
  public boolean isReadOnly(ELContext context, Object base, Object property) {
    return true;
  }

  @Override
  public Class<?> getCommonPropertyType(ELContext context, Object base) {
    return Object.class;
  }

  @Override
  public Iterator<FeatureDescriptor> getFeatureDescriptors(ELContext context, Object base) {
    return Collections.emptyIterator();
  }
}
