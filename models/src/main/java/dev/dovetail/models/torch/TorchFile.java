package dev.dovetail.models.torch;

import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorFile;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.internal.MappedFile;
import dev.dovetail.models.torch.TensorPickle.StorageRef;
import dev.dovetail.models.torch.TensorPickle.TensorRef;
import dev.dovetail.models.torch.ZipDirectory.Entry;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A PyTorch checkpoint ({@code pytorch_model.bin}) as {@code torch.save} has written it since
 * version 1.6: a zip file with the pickle of a state dict and the numbers beside it. Tensors of
 * float, half, bfloat16 and int are read, nothing else is loaded or run; a pickle that asks for
 * more is refused by name. Safe for use by several threads.
 *
 * <p>Tensors that share a storage, such as tied weights, share their data here too.
 */
public final class TorchFile implements TensorFile {
  private static final int ZIP_SIGNATURE = 0x04034b50;
  private static final int PICKLE_SIGNATURE = 0x80;
  private static final String PICKLE = "/data.pkl";
  private static final int MAX_PICKLE_BYTES = 1 << 22;

  private final MappedFile file;
  private final Map<String, Tensor> tensors;

  private TorchFile(MappedFile file, Map<String, Tensor> tensors) {
    this.file = file;
    this.tensors = tensors;
  }

  /**
   * Opens and checks a file.
   *
   * @throws ModelFormatException if it is damaged, hostile, or holds anything but contiguous
   *     tensors
   * @throws java.io.UncheckedIOException if it cannot be read
   */
  public static TorchFile open(Path path) {
    MappedFile file = MappedFile.open(path);
    try {
      return new TorchFile(file, new Reader(file).read());
    } catch (RuntimeException | Error e) {
      file.close();
      throw e;
    }
  }

  @Override
  public Path path() {
    return file.path();
  }

  @Override
  public List<Tensor> tensors() {
    return List.copyOf(tensors.values());
  }

  @Override
  public Optional<Tensor> find(String name) {
    return Optional.ofNullable(tensors.get(name));
  }

  @Override
  public void close() {
    file.close();
  }

  /** Brings the pickle's descriptions and the zip's entries together. */
  private static final class Reader {
    private final MappedFile file;
    private final Map<String, Entry> entries;
    private final String folder;
    private final Map<StorageRef, MemorySegment> storages = new HashMap<>();

    Reader(MappedFile file) {
      this.file = file;
      checkSignature();
      entries = ZipDirectory.read(file.path(), file.bytes());
      folder = folder();
    }

    Map<String, Tensor> read() {
      checkByteOrder();
      Entry pickle = entries.get(folder + PICKLE);
      if (pickle.size() > MAX_PICKLE_BYTES) {
        throw fault(
            null,
            "has a pickle of %d bytes; at most %d are read"
                .formatted(pickle.size(), MAX_PICKLE_BYTES));
      }
      ByteBuffer code = bytes(pickle).asByteBuffer();
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      TensorPickle.read(file.path(), pickle.offset(), code)
          .forEach((name, ref) -> tensors.put(name, tensor(name, ref)));
      return tensors;
    }

    private void checkSignature() {
      ByteBuffer start =
          file.bytes()
              .asSlice(0, Math.min(4, file.bytes().byteSize()))
              .asByteBuffer()
              .order(ByteOrder.LITTLE_ENDIAN);
      if (start.remaining() == 4 && start.getInt(0) == ZIP_SIGNATURE) {
        return;
      }
      if (start.hasRemaining() && Byte.toUnsignedInt(start.get(0)) == PICKLE_SIGNATURE) {
        throw fault(
            null,
            "is a bare pickle, as PyTorch wrote before version 1.6; load it there and save it"
                + " again, best as safetensors");
      }
      throw fault(null, "is not a PyTorch checkpoint: it does not start as a zip file");
    }

    /** The folder that holds everything; its name is the checkpoint's own. */
    private String folder() {
      List<String> pickles =
          entries.keySet().stream()
              .filter(name -> name.endsWith(PICKLE) && name.indexOf('/') == name.lastIndexOf('/'))
              .toList();
      if (pickles.size() != 1) {
        throw fault(
            null,
            "is a zip file with %d entries */data.pkl, where a checkpoint has one"
                .formatted(pickles.size()));
      }
      return pickles.getFirst().substring(0, pickles.getFirst().length() - PICKLE.length());
    }

    private void checkByteOrder() {
      Entry entry = entries.get(folder + "/byteorder");
      if (entry == null) {
        return;
      }
      byte[] order =
          bytes(entry).asSlice(0, Math.min(16, entry.size())).toArray(ValueLayout.JAVA_BYTE);
      String found = new String(order, StandardCharsets.UTF_8);
      if (!found.equals("little")) {
        throw fault(null, "has byte order '%s'; 'little' is read".formatted(found));
      }
    }

    private Tensor tensor(String name, TensorRef ref) {
      StorageRef storage = ref.storage();
      long stride = 1;
      for (int i = ref.shape().size() - 1; i >= 0; i--) {
        long extent = ref.shape().get(i);
        if (extent < 0 || extent > 0 && stride > storage.elements() / extent) {
          throw fault(
              name,
              "has shape %s, more than the %d elements of its storage"
                  .formatted(ref.shape(), storage.elements()));
        }
        boolean counts = extent > 1;
        if (ref.strides().size() != ref.shape().size()
            || counts && ref.strides().get(i) != stride) {
          throw fault(
              name,
              "has shape %s with strides %s, which is not contiguous; save tensor.contiguous()"
                  .formatted(ref.shape(), ref.strides()));
        }
        stride *= extent;
      }
      long elements = stride;
      if (ref.offset() < 0 || elements > storage.elements() - ref.offset()) {
        throw fault(
            name,
            "needs %d elements from %d of a storage of %d"
                .formatted(elements, ref.offset(), storage.elements()));
      }
      TensorType type = storage.type();
      MemorySegment data =
          storage(name, storage).asSlice(type.bytes(ref.offset()), type.bytes(elements));
      return new Tensor(name, type, ref.shape(), data);
    }

    /** The bytes of a storage; a misaligned one is copied once, however many tensors share it. */
    private MemorySegment storage(String tensor, StorageRef storage) {
      Entry entry = entries.get(folder + "/data/" + storage.key());
      int width = storage.type().blockBytes();
      if (entry == null) {
        throw fault(
            tensor, "has no numbers: the zip entry data/%s is missing".formatted(storage.key()));
      }
      if (storage.elements() < 0
          || storage.elements() != entry.size() / width
          || entry.size() % width != 0) {
        throw fault(
            tensor,
            "has a storage of %d %s, but the zip entry data/%s has %d bytes"
                .formatted(storage.elements(), storage.type(), storage.key(), entry.size()));
      }
      return storages.computeIfAbsent(
          storage, _ -> file.aligned(entry.offset(), entry.size(), width));
    }

    private MemorySegment bytes(Entry entry) {
      return file.bytes().asSlice(entry.offset(), entry.size());
    }

    private ModelFormatException fault(String tensor, String reason) {
      return new ModelFormatException(file.path(), ModelFormatException.NO_OFFSET, tensor, reason);
    }
  }
}
