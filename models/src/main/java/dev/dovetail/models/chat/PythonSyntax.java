package dev.dovetail.models.chat;

import com.hubspot.jinjava.el.ExtendedSyntaxBuilder;
import com.hubspot.jinjava.el.TruthyTypeConverter;
import com.hubspot.jinjava.el.ext.AdditionOperator;
import com.hubspot.jinjava.el.ext.AstDict;
import com.hubspot.jinjava.el.ext.AstFilterChain;
import com.hubspot.jinjava.el.ext.AstList;
import com.hubspot.jinjava.el.ext.AstTuple;
import com.hubspot.jinjava.el.ext.ExtendedParser;
import com.hubspot.jinjava.el.ext.FilterSpec;
import com.hubspot.jinjava.el.ext.NamedParameterOperator;
import com.hubspot.jinjava.el.ext.StringConcatOperator;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jinjava.de.odysseus.el.ExpressionFactoryImpl;
import jinjava.de.odysseus.el.misc.BooleanOperations;
import jinjava.de.odysseus.el.misc.NumberOperations;
import jinjava.de.odysseus.el.misc.TypeConverter;
import jinjava.de.odysseus.el.tree.Bindings;
import jinjava.de.odysseus.el.tree.TreeStore;
import jinjava.de.odysseus.el.tree.impl.Builder;
import jinjava.de.odysseus.el.tree.impl.Cache;
import jinjava.de.odysseus.el.tree.impl.Parser;
import jinjava.de.odysseus.el.tree.impl.Scanner.ScanException;
import jinjava.de.odysseus.el.tree.impl.Scanner.Symbol;
import jinjava.de.odysseus.el.tree.impl.ast.AstBinary;
import jinjava.de.odysseus.el.tree.impl.ast.AstIdentifier;
import jinjava.de.odysseus.el.tree.impl.ast.AstNode;
import jinjava.de.odysseus.el.tree.impl.ast.AstParameters;
import jinjava.javax.el.ELContext;
import jinjava.javax.el.ELException;

/**
 * Expressions with Python's operators, held to the {@link RenderBudget}, and only with known
 * filters.
 */
final class PythonSyntax extends ExtendedSyntaxBuilder {
  private static final long serialVersionUID = 1L;

  /** A template has some hundred expressions. */
  private static final int PARSED_EXPRESSIONS = 512;

  /**
   * Filters of Jinja that are bounded by their input, or by our own versions in {@link
   * PythonFilters}.
   */
  private static final Set<String> FILTERS =
      Set.of(
          "abs",
          "capitalize",
          "count",
          "d",
          "default",
          "dictsort",
          "e",
          "escape",
          "first",
          "float",
          "int",
          "items",
          "join",
          "last",
          "length",
          "list",
          "lower",
          "map",
          "reject",
          "rejectattr",
          "replace",
          "reverse",
          "round",
          "safe",
          "select",
          "selectattr",
          "sort",
          "string",
          "title",
          "tojson",
          "trim",
          "upper");

  private PythonSyntax() {
    super(
        Builder.Feature.METHOD_INVOCATIONS,
        Builder.Feature.NULL_PROPERTIES,
        Builder.Feature.VARARGS,
        Builder.Feature.IGNORE_RETURN_TYPE);
  }

  static ExpressionFactoryImpl expressionFactory() {
    return new ExpressionFactoryImpl(
        new TreeStore(new PythonSyntax(), new Cache(PARSED_EXPRESSIONS)), new PythonTruth());
  }

  @Override
  protected Parser createParser(String expression) {
    return new PythonParser(this, expression);
  }

  private static final class PythonParser extends ExtendedParser {
    PythonParser(Builder builder, String expression) {
      super(builder, expression);
      // This operator makes its own node, so the one below would not see it.
      putExtensionHandler(
          StringConcatOperator.TOKEN,
          new ExtensionHandler(ExtensionPoint.ADD) {
            @Override
            public AstNode createAstNode(AstNode... children) {
              return new AstBinary(children[0], children[1], TILDE);
            }
          });
    }

    @Override
    protected AstBinary createAstBinary(AstNode left, AstNode right, AstBinary.Operator operator) {
      if (operator.equals(AdditionOperator.OP)) {
        return super.createAstBinary(left, right, PLUS);
      }
      if (operator.equals(AstBinary.EQ)) {
        return super.createAstBinary(left, right, EQUALS);
      }
      if (operator.equals(AstBinary.NE)) {
        return super.createAstBinary(left, right, DIFFERS);
      }
      if (operator.equals(AstBinary.MUL)) {
        return super.createAstBinary(left, right, TIMES);
      }
      return super.createAstBinary(left, right, operator);
    }

    /** Arguments, where {@code name=a - 1} means {@code name=(a - 1)}. */
    @Override
    protected AstParameters params(Symbol left, Symbol right) throws ScanException, ParseException {
      consumeToken(left);
      List<AstNode> arguments = new ArrayList<>();
      while (getToken().getSymbol() != right) {
        if (!arguments.isEmpty()) {
          consumeToken(Symbol.COMMA);
          if (getToken().getSymbol() == right) {
            break; // Python allows a comma at the end
          }
        }
        arguments.add(argument());
      }
      consumeToken(right);
      return createAstParameters(arguments);
    }

    private AstNode argument() throws ScanException, ParseException {
      if (getToken().getSymbol() == Symbol.IDENTIFIER
          && NamedParameterOperator.TOKEN.equals(lookahead(0))) {
        AstIdentifier name = identifier(consumeToken().getImage());
        consumeToken();
        return NamedParameterOperator.HANDLER.createAstNode(name, expr(true));
      }
      return expr(true);
    }

    @Override
    protected AstFilterChain createAstFilterChain(AstNode input, List<FilterSpec> filters) {
      for (FilterSpec filter : filters) {
        if (!FILTERS.contains(filter.getName())) {
          throw new ELException("no filter '" + filter.getName() + "'");
        }
      }
      return super.createAstFilterChain(input, filters);
    }

    @Override
    protected AstList createAstList(AstParameters elements) {
      return new AstList(elements) {
        @Override
        public Object eval(Bindings bindings, ELContext context) {
          return weighed(super.eval(bindings, context));
        }
      };
    }

    @Override
    protected AstTuple createAstTuple(AstParameters elements) {
      return new AstTuple(elements) {
        @Override
        public Object eval(Bindings bindings, ELContext context) {
          return weighed(super.eval(bindings, context));
        }
      };
    }

    @Override
    protected AstDict createAstDict(Map<AstNode, AstNode> entries) {
      return new AstDict(entries) {
        @Override
        public Object eval(Bindings bindings, ELContext context) {
          return weighed(super.eval(bindings, context));
        }
      };
    }
  }

  private static Object weighed(Object value) {
    RenderBudget.current().weigh(value);
    return value;
  }

  private static final AstBinary.Operator PLUS =
      new AstBinary.SimpleOperator() {
        @Override
        protected Object apply(TypeConverter converter, Object left, Object right) {
          if (left instanceof String a && right instanceof String b) {
            RenderBudget.current().text((long) a.length() + b.length());
            return a.concat(b);
          }
          if (left instanceof Collection<?> a && right instanceof Collection<?> b) {
            RenderBudget.current().list((long) a.size() + b.size());
            List<Object> sum = new ArrayList<>(a);
            sum.addAll(b);
            return sum;
          }
          if (left instanceof Number && right instanceof Number) {
            return NumberOperations.add(converter, left, right);
          }
          throw new ELException("cannot add " + kind(left) + " and " + kind(right));
        }

        @Override
        public String toString() {
          return "+";
        }
      };

  private static final AstBinary.Operator TILDE =
      new AstBinary.SimpleOperator() {
        @Override
        protected Object apply(TypeConverter converter, Object left, Object right) {
          String a = PythonFilters.text(left);
          String b = PythonFilters.text(right);
          RenderBudget.current().text((long) a.length() + b.length());
          return a.concat(b);
        }

        @Override
        public String toString() {
          return "~";
        }
      };

  private static final AstBinary.Operator EQUALS =
      new AstBinary.SimpleOperator() {
        @Override
        protected Object apply(TypeConverter converter, Object left, Object right) {
          return equal(converter, left, right);
        }

        @Override
        public String toString() {
          return "==";
        }
      };

  private static final AstBinary.Operator DIFFERS =
      new AstBinary.SimpleOperator() {
        @Override
        protected Object apply(TypeConverter converter, Object left, Object right) {
          return !equal(converter, left, right);
        }

        @Override
        public String toString() {
          return "!=";
        }
      };

  /** Python's equality: an empty string is not {@code false}, and a number is not its spelling. */
  private static boolean equal(TypeConverter converter, Object left, Object right) {
    return kind(left).equals(kind(right)) && BooleanOperations.eq(converter, left, right);
  }

  private static final AstBinary.Operator TIMES =
      new AstBinary.SimpleOperator() {
        @Override
        protected Object apply(TypeConverter converter, Object left, Object right) {
          if (left instanceof String text && right instanceof Long times) {
            RenderBudget.current()
                .text(Math.multiplyExact((long) text.length(), Math.max(0, times)));
            return text.repeat((int) Math.max(0, times));
          }
          if (left instanceof Number && right instanceof Number) {
            return NumberOperations.mul(converter, left, right);
          }
          throw new ELException("cannot multiply " + kind(left) + " and " + kind(right));
        }

        @Override
        public String toString() {
          return "*";
        }
      };

  private static String kind(Object value) {
    return switch (value) {
      case null -> "an undefined value";
      case String s -> "a string";
      case Number n -> "a number";
      case Boolean b -> "a truth value";
      case Collection<?> c -> "a list";
      default -> "a value of another kind";
    };
  }

  /** Every string that is not empty is true in Python, the word "false" included. */
  private static final class PythonTruth extends TruthyTypeConverter {
    private static final long serialVersionUID = 1L;

    @Override
    protected Boolean coerceToBoolean(Object value) {
      return value instanceof String text ? !text.isEmpty() : super.coerceToBoolean(value);
    }
  }
}
