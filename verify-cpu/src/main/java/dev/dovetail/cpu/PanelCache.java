package dev.dovetail.cpu;

import dev.dovetail.engine.device.Matrix;
import dev.dovetail.engine.device.WeightCache;
import dev.dovetail.models.Tensor;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * Panels that are kept in a folder. They are written to a file of another name first, which gets
 * its own when it is whole and on the disk; whoever stops in the middle leaves a file that is not
 * read, and that the next one to write deletes.
 */
final class PanelCache implements WeightCache {
  private static final String NAME = "cpu.panels";
  private static final String UNFINISHED = ".part";

  /** What a disk must have left after the panels. */
  private static final long SPARE_BYTES = 1L << 30;

  private final Path folder;
  private final BiFunction<List<Tensor>, PanelSource, PanelMatrix> matrices;
  private final Optional<PanelFile> file;
  private final List<PanelFile.Panels> all = new ArrayList<>();
  private boolean whole = true;
  private Optional<Thread> writer = Optional.empty();

  /**
   * @param matrices makes a matrix of tensors, of the panels that are there and of packed ones
   */
  PanelCache(Path folder, BiFunction<List<Tensor>, PanelSource, PanelMatrix> matrices) {
    this.folder = folder;
    this.matrices = matrices;
    this.file = open(folder.resolve(NAME));
  }

  private static Optional<PanelFile> open(Path path) {
    if (!Files.isRegularFile(path)) {
      return Optional.empty();
    }
    try {
      return Optional.of(PanelFile.open(path));
    } catch (IOException e) {
      log(System.Logger.Level.DEBUG, "The kept weights are made anew", e);
      return Optional.empty();
    }
  }

  @Override
  public Matrix matrix(List<Tensor> parts) {
    PanelSource kept = file.<PanelSource>map(panels -> panels).orElse(PanelSource.NONE);
    PanelMatrix matrix = matrices.apply(parts, kept);
    for (int i = 0; i < parts.size(); i++) {
      PanelPart part = matrix.parts().get(i);
      whole &= kept.find(parts.get(i), part.data().byteSize()).isPresent();
      all.add(new PanelFile.Panels(parts.get(i), part.data()));
    }
    return matrix;
  }

  @Override
  public void complete() {
    if (!whole) {
      // Not a daemon: a process that ends by itself leaves a whole file.
      writer = Optional.of(Thread.ofPlatform().name("dovetail-weight-cache").start(this::write));
    }
  }

  private void write() {
    try {
      Files.createDirectories(folder);
      deleteUnfinished();
      long bytes = PanelFile.length(all);
      long free = Files.getFileStore(folder).getUsableSpace();
      if (free < bytes + SPARE_BYTES) {
        throw new IOException(
            "%s has %d bytes free, and %d are wanted".formatted(folder, free, bytes + SPARE_BYTES));
      }
      Path part = folder.resolve(NAME + "." + ProcessHandle.current().pid() + UNFINISHED);
      try (FileChannel channel =
              FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
          FileLock _ = channel.lock()) {
        PanelFile.write(channel, all);
        Files.move(
            part,
            folder.resolve(NAME),
            StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
      } catch (IOException e) {
        Files.deleteIfExists(part);
        throw e;
      }
    } catch (FileAlreadyExistsException e) {
      log(System.Logger.Level.DEBUG, "Another engine keeps the same weights", e);
    } catch (IOException e) {
      log(System.Logger.Level.WARNING, "The packed weights are not kept, so loading stays slow", e);
    }
  }

  /** Deletes what others left who are gone: those who still write hold a lock. */
  private void deleteUnfinished() throws IOException {
    try (var files = Files.newDirectoryStream(folder, NAME + "*" + UNFINISHED)) {
      for (Path part : files) {
        try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE);
            FileLock lock = channel.tryLock()) {
          if (lock != null) {
            Files.deleteIfExists(part);
          }
        } catch (OverlappingFileLockException e) {
          log(System.Logger.Level.DEBUG, "Another engine of this process writes " + part, e);
        }
      }
    }
  }

  private static void log(System.Logger.Level level, String what, Exception cause) {
    System.getLogger(PanelCache.class.getName()).log(level, what + ": " + cause.getMessage());
  }

  @Override
  public void close() {
    boolean interrupted = false;
    while (writer.isPresent() && writer.get().isAlive()) {
      try {
        writer.get().join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    file.ifPresent(PanelFile::close);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
