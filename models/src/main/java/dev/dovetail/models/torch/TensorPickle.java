package dev.dovetail.models.torch;

import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.TensorType;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the pickle of a PyTorch state dict, and nothing else. A pickle is a program; this machine
 * runs the instructions that {@code torch.save} writes for a dictionary of tensors, and its only
 * callables are the ones named in {@link Callable}: nothing a file says can make it load or call
 * anything else.
 */
final class TensorPickle {
  private static final int MAX_DEPTH = 1 << 16;
  private static final int MAX_PROTOCOL = 2;

  /** A tensor as the pickle describes it; extents and strides in elements. */
  record TensorRef(StorageRef storage, long offset, List<Long> shape, List<Long> strides) {}

  /** A storage of {@code elements} numbers, whose bytes are the zip entry {@code data/key}. */
  record StorageRef(TensorType type, String key, long elements) {}

  /** The names a pickle may ask for. */
  private enum Callable {
    ORDERED_DICT("collections.OrderedDict"),
    REBUILD_TENSOR("torch._utils._rebuild_tensor_v2"),
    REBUILD_PARAMETER("torch._utils._rebuild_parameter"),
    FLOAT("torch.FloatStorage"),
    HALF("torch.HalfStorage"),
    BFLOAT16("torch.BFloat16Storage"),
    INT("torch.IntStorage");

    private final String name;

    Callable(String name) {
      this.name = name;
    }
  }

  private record Tuple(List<Object> items) {}

  /** The stack's values that have no type of their own. */
  private enum Marker {
    MARK,
    NONE
  }

  private final Path path;
  private final long start;
  private final PickleInput code;
  private final List<Object> stack = new ArrayList<>();
  private final Map<Integer, Object> memo = new HashMap<>();

  private TensorPickle(Path path, long start, PickleInput code) {
    this.path = path;
    this.start = start;
    this.code = code;
  }

  /**
   * The tensors by name, in the file's order.
   *
   * @param start where in the file the pickle starts, for messages
   * @param code the pickle
   */
  static Map<String, TensorRef> read(Path path, long start, ByteBuffer code) {
    return new TensorPickle(path, start, new PickleInput(code)).stateDict();
  }

  private Map<String, TensorRef> stateDict() {
    Object result;
    try {
      result = run();
    } catch (BufferUnderflowException _) {
      throw fault("ends in the middle of its pickle; the file is damaged or truncated");
    }
    if (!(result instanceof Map<?, ?> dict)) {
      throw fault("holds no dictionary of tensors; save model.state_dict()");
    }
    Map<String, TensorRef> tensors = new LinkedHashMap<>();
    dict.forEach((key, value) -> {
      if (!(key instanceof String name) || !(value instanceof TensorRef tensor)) {
        throw fault("holds '%s', which is no tensor; save model.state_dict() alone".formatted(key));
      }
      tensors.put(name, tensor);
    });
    return tensors;
  }

  private Object run() {
    while (true) {
      int op = code.u8();
      switch (op) {
        case 0x80 -> protocol(code.u8());
        case '}' -> push(new LinkedHashMap<>());
        case ']' -> push(new ArrayList<>());
        case ')' -> push(new Tuple(List.of()));
        case '(' -> push(Marker.MARK);
        case 'N' -> push(Marker.NONE);
        case 0x88 -> push(true);
        case 0x89 -> push(false);
        case 'K' -> push((long) code.u8());
        case 'M' -> push((long) code.u16());
        case 'J' -> push((long) code.i32());
        case 0x8a -> push(code.integer(code.u8()));
        case 'G' -> push(code.f64());
        case 'X' -> push(code.text(code.i32()));
        case 'c' -> push(callable(code.line() + '.' + code.line()));
        case 'q' -> memo.put(code.u8(), top());
        case 'r' -> memo.put(code.i32(), top());
        case 'h' -> push(recall(code.u8()));
        case 'j' -> push(recall(code.i32()));
        case 't' -> push(new Tuple(popToMark()));
        case 0x85 -> push(new Tuple(popLast(1)));
        case 0x86 -> push(new Tuple(popLast(2)));
        case 0x87 -> push(new Tuple(popLast(3)));
        case 'a' -> append(popLast(1));
        case 'e' -> append(popToMark());
        case 's' -> setItems(popLast(2));
        case 'u' -> setItems(popToMark());
        case 'Q' -> push(storage(pop(Tuple.class)));
        case 'R' -> {
          Tuple arguments = pop(Tuple.class);
          push(call(pop(Callable.class), arguments.items));
        }
        case 'b' -> {
          // A state dict's own attribute _metadata: versions of modules, of no use here.
          pop(Map.class);
          peek(Map.class);
        }
        case '.' -> {
          return pop(Object.class);
        }
        default ->
            throw fault(
                "has the pickle instruction 0x%02x, which no dictionary of tensors needs"
                    .formatted(op));
      }
    }
  }

  private void protocol(int version) {
    if (version > MAX_PROTOCOL) {
      throw fault(
          "is pickled by protocol %d; save with torch.save's own, %d"
              .formatted(version, MAX_PROTOCOL));
    }
  }

  private Callable callable(String name) {
    for (Callable callable : Callable.values()) {
      if (callable.name.equals(name)) {
        return callable;
      }
    }
    throw fault(
        "asks for '%s'; only tensors of float, half, bfloat16 and int are loaded, never other objects"
            .formatted(name));
  }

  private Object call(Callable callable, List<Object> arguments) {
    switch (callable) {
      case ORDERED_DICT -> {
        if (arguments.isEmpty()) {
          return new LinkedHashMap<>();
        }
      }
      case REBUILD_TENSOR -> {
        if (arguments.size() >= 4
            && arguments.get(0) instanceof StorageRef storage
            && arguments.get(1) instanceof Long offset
            && arguments.get(2) instanceof Tuple shape
            && arguments.get(3) instanceof Tuple strides) {
          return new TensorRef(storage, offset, numbers(shape), numbers(strides));
        }
      }
      case REBUILD_PARAMETER -> {
        if (!arguments.isEmpty() && arguments.getFirst() instanceof TensorRef tensor) {
          return tensor;
        }
      }
      case FLOAT, HALF, BFLOAT16, INT -> {}
    }
    throw fault("calls %s with arguments it does not take".formatted(callable.name));
  }

  private StorageRef storage(Tuple id) {
    if (id.items.size() >= 5
        && id.items.get(0).equals("storage")
        && id.items.get(1) instanceof Callable type
        && id.items.get(2) instanceof String key
        && id.items.get(4) instanceof Long elements) {
      return new StorageRef(type(type), key, elements);
    }
    throw fault("has a storage that is not described as PyTorch does");
  }

  private TensorType type(Callable storage) {
    return switch (storage) {
      case FLOAT -> TensorType.F32;
      case HALF -> TensorType.F16;
      case BFLOAT16 -> TensorType.BF16;
      case INT -> TensorType.I32;
      case ORDERED_DICT, REBUILD_TENSOR, REBUILD_PARAMETER ->
          throw fault("names %s as a storage".formatted(storage.name));
    };
  }

  private List<Long> numbers(Tuple tuple) {
    List<Long> numbers = new ArrayList<>();
    for (Object item : tuple.items) {
      if (!(item instanceof Long number)) {
        throw fault("has a shape that is not of integers");
      }
      numbers.add(number);
    }
    return List.copyOf(numbers);
  }

  @SuppressWarnings("unchecked")
  private void append(List<Object> items) {
    peek(List.class).addAll(items);
  }

  @SuppressWarnings("unchecked")
  private void setItems(List<Object> items) {
    Map<Object, Object> dict = peek(Map.class);
    if (items.size() % 2 != 0) {
      throw fault("has a dictionary key without a value");
    }
    for (int i = 0; i < items.size(); i += 2) {
      // Keys of other types could contain themselves, and then have no hash.
      if (!(items.get(i) instanceof String) && !(items.get(i) instanceof Long)) {
        throw fault("has a dictionary key that is neither text nor an integer");
      }
      dict.put(items.get(i), items.get(i + 1));
    }
  }

  private void push(Object value) {
    if (stack.size() == MAX_DEPTH) {
      throw fault("has a pickle more than %d values deep".formatted(MAX_DEPTH));
    }
    stack.add(value);
  }

  private Object top() {
    return peek(Object.class);
  }

  private <T> T peek(Class<T> type) {
    if (stack.isEmpty() || !type.isInstance(stack.getLast())) {
      throw fault("has a damaged pickle");
    }
    return type.cast(stack.getLast());
  }

  private <T> T pop(Class<T> type) {
    T value = peek(type);
    stack.removeLast();
    return value;
  }

  private Object recall(int index) {
    Object value = memo.get(index);
    if (value == null) {
      throw fault("has a damaged pickle");
    }
    return value;
  }

  /** The values above the last mark, which goes too. */
  private List<Object> popToMark() {
    int mark = stack.size() - 1;
    while (mark >= 0 && stack.get(mark) != Marker.MARK) {
      mark--;
    }
    List<Object> items = popLast(stack.size() - 1 - mark);
    pop(Marker.class);
    return items;
  }

  private List<Object> popLast(int count) {
    if (count > stack.size()) {
      throw fault("has a damaged pickle");
    }
    List<Object> last = stack.subList(stack.size() - count, stack.size());
    List<Object> items = new ArrayList<>(last);
    last.clear();
    return items;
  }

  private ModelFormatException fault(String reason) {
    return new ModelFormatException(path, start + code.position(), null, reason);
  }
}
