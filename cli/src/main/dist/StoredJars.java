import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Copies the jars of a folder, with what is in them stored instead of deflated: compressed together in the download
 * they take a third less, and need not be inflated at each start. Of JCuda's native code it takes the bindings of the
 * driver and of cuBLAS for Linux alone, as files. The model tiny and its draft stay behind, as whoever fetches an image can
 * fetch a model, and so does the draft for Qwen, for its size.
 *
 * <p>Arguments: the folder to read, the folder to write.
 */
final class StoredJars {
  private static final Map<String, String> NATIVES =
      Map.of("jcuda-natives-", "lib/libJCudaDriver-", "jcublas-natives-", "lib/libJCublas2-");

  private static final Pattern LEFT_OUT = Pattern.compile("/(tiny(\\.dgf)?|qwen[^/]*\\.dgf)\\.gguf$");

  private StoredJars() {}

  public static void main(String[] args) throws IOException {
    Path to = Files.createDirectories(Path.of(args[1]));
    try (DirectoryStream<Path> jars = Files.newDirectoryStream(Path.of(args[0]), "*.jar")) {
      for (Path jar : jars) {
        try (ZipFile in = new ZipFile(jar.toFile())) {
          String name = jar.getFileName().toString();
          Optional<String> binding = binding(name);
          if (binding.isEmpty()) {
            store(in, to.resolve(name));
          } else if (name.contains("linux-x86_64")) {
            take(binding.get(), in, to);
          }
        }
      }
    }
  }

  private static Optional<String> binding(String jar) {
    return NATIVES.entrySet().stream().filter(e -> jar.startsWith(e.getKey())).map(Map.Entry::getValue).findFirst();
  }

  private static void store(ZipFile in, Path to) throws IOException {
    try (OutputStream file = Files.newOutputStream(to);
        ZipOutputStream out = new ZipOutputStream(file)) {
      out.setMethod(ZipOutputStream.STORED);
      for (ZipEntry entry : in.stream().filter(e -> !LEFT_OUT.matcher(e.getName()).find()).toList()) {
        byte[] content = read(in, entry);
        CRC32 crc = new CRC32();
        crc.update(content);
        ZipEntry stored = new ZipEntry(entry.getName());
        stored.setTime(entry.getTime());
        stored.setSize(content.length);
        stored.setCrc(crc.getValue());
        out.putNextEntry(stored);
        out.write(content);
        out.closeEntry();
      }
    }
  }

  private static void take(String binding, ZipFile in, Path to) throws IOException {
    ZipEntry entry =
        in.stream()
            .filter(e -> e.getName().startsWith(binding))
            .map(ZipEntry.class::cast)
            .findFirst()
            .orElseThrow(() -> new IOException(in.getName() + " has no " + binding));
    Files.write(to.resolve(Path.of(entry.getName()).getFileName()), read(in, entry));
  }

  private static byte[] read(ZipFile in, ZipEntry entry) throws IOException {
    try (InputStream content = in.getInputStream(entry)) {
      return content.readAllBytes();
    }
  }
}
