package dev.dovetail.dgf;

import dev.dovetail.models.ModelConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/**
 * SHA-256 of the files that drafts are read from, in hexadecimal, so that a measurement names its
 * draft.
 */
public final class DraftSums {
  private DraftSums() {}

  /** Of the draft that comes with the engine for a target, if there is one. */
  public static Optional<String> bundled(ModelConfig target) {
    return BundledDraft.find(target).map(draft -> sum(draft.open()));
  }

  /** Of a checkpoint: of a folder's tensors, or of a draft in one file. */
  public static String of(Path checkpoint) {
    try {
      return sum(
          Files.newInputStream(
              DgfDraftModel.recognises(checkpoint)
                  ? DgfDraftModel.tensorFile(checkpoint)
                  : checkpoint));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String sum(InputStream bytes) {
    try (bytes) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      bytes.transferTo(new DigestOutputStream(OutputStream.nullOutputStream(), digest));
      return HexFormat.of().formatHex(digest.digest());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
