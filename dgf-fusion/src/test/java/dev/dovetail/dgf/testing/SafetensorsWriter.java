package dev.dovetail.dgf.testing;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/** Writes safetensors files: a length, a JSON header, the data. */
public final class SafetensorsWriter {
  private record Entry(String type, List<Integer> shape, ByteBuffer data) {}

  private final Map<String, Entry> entries = new LinkedHashMap<>();

  public void floats(String name, float[] values, Integer... shape) {
    ByteBuffer data = allocate(values.length);
    data.asFloatBuffer().put(values);
    entries.put(name, new Entry("F32", List.of(shape), data));
  }

  public void ints(String name, int... values) {
    ByteBuffer data = allocate(values.length);
    data.asIntBuffer().put(values);
    entries.put(name, new Entry("I32", List.of(values.length), data));
  }

  public void write(Path path) throws IOException {
    StringJoiner header = new StringJoiner(",", "{", "}");
    int end = 0;
    for (Map.Entry<String, Entry> named : entries.entrySet()) {
      Entry entry = named.getValue();
      int start = end;
      end += entry.data.capacity();
      header.add(
          "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(named.getKey(), entry.type, entry.shape, start, end));
    }
    // Padded, so that the data are aligned.
    String json = header + " ".repeat((8 - header.length() % 8) % 8);
    ByteBuffer out =
        ByteBuffer.allocate(Long.BYTES + json.length() + end).order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(json.length()).put(json.getBytes(StandardCharsets.US_ASCII));
    entries.values().forEach(entry -> out.put(entry.data));
    Files.write(path, out.array());
  }

  private static ByteBuffer allocate(int words) {
    return ByteBuffer.allocate(4 * words).order(ByteOrder.LITTLE_ENDIAN);
  }
}
