package dev.dovetail.benchmarks;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Param;

/**
 * A method that JMH would measure, with values for its parameters.
 *
 * @param parameters the texts JMH would be given, by field
 */
record BenchmarkCase(Method method, Map<String, String> parameters) {
  private static final String TOKENS = "n";
  private static final String SMALL = "4";

  BenchmarkCase {
    parameters = Map.copyOf(parameters);
  }

  /**
   * Every n beside the first values of the other parameters, and every value of each other
   * parameter at n = {@value #SMALL}, beside the first values of the rest.
   */
  static Stream<BenchmarkCase> of(Method method) {
    Map<String, String> first = new TreeMap<>();
    for (Field field : fields(method)) {
      first.put(field.getName(), values(field).getFirst());
    }
    BenchmarkCase base = new BenchmarkCase(method, first);
    BenchmarkCase small = first.containsKey(TOKENS) ? base.with(TOKENS, SMALL) : base;
    Set<BenchmarkCase> cases = new LinkedHashSet<>(List.of(base));
    for (Field field : fields(method)) {
      BenchmarkCase rest = field.getName().equals(TOKENS) ? base : small;
      values(field).forEach(value -> cases.add(rest.with(field.getName(), value)));
    }
    return cases.stream();
  }

  BenchmarkCase with(String parameter, String value) {
    Map<String, String> changed = new TreeMap<>(parameters);
    changed.put(parameter, value);
    return new BenchmarkCase(method, changed);
  }

  /** An instance with its parameters set, not yet opened. */
  ForkedBenchmark newBenchmark() throws ReflectiveOperationException {
    ForkedBenchmark benchmark =
        (ForkedBenchmark) method.getDeclaringClass().getConstructor().newInstance();
    for (Field field : fields(method)) {
      field.set(benchmark, parse(field.getType(), parameters.get(field.getName())));
    }
    return benchmark;
  }

  private static List<Field> fields(Method method) {
    return Arrays.stream(method.getDeclaringClass().getFields())
        .filter(field -> field.isAnnotationPresent(Param.class))
        .toList();
  }

  /** The values JMH would take by itself. */
  private static List<String> values(Field field) {
    List<String> values = List.of(field.getAnnotation(Param.class).value());
    return values.equals(List.of(Param.BLANK_ARGS))
        ? Arrays.stream(field.getType().getEnumConstants()).map(Object::toString).toList()
        : values;
  }

  private static Object parse(Class<?> type, String text) {
    if (type == int.class) {
      return Integer.valueOf(text);
    }
    return type == String.class
        ? text
        : Arrays.stream(type.getEnumConstants())
            .filter(constant -> constant.toString().equals(text))
            .findFirst()
            .orElseThrow();
  }

  @Override
  public String toString() {
    return "%s.%s %s"
        .formatted(
            method.getDeclaringClass().getSimpleName(),
            method.getName(),
            new TreeMap<>(parameters));
  }
}
