package dev.dovetail.models.gguf;

import dev.dovetail.models.ModelFormatException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Models split over files named {@code name-00001-of-00003.gguf}. */
final class GgufSplit {
  private static final String NUMBER = "split.no";
  private static final String COUNT = "split.count";
  private static final String TENSORS = "split.tensors.count";

  /** The keys that are for splitting only. */
  static final Set<String> KEYS = Set.of(NUMBER, COUNT, TENSORS);

  private static final Pattern NAME = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");

  private GgufSplit() {}

  /** The files that follow the first; none where the model is not split. */
  static List<Path> others(Path path, Metadata metadata) {
    int count = metadata.findInteger(COUNT).orElse(1);
    int number = metadata.findInteger(NUMBER).orElse(0);
    if (number != 0) {
      throw new ModelFormatException(
          path,
          "is part %d of %d of a split model; open the first part".formatted(number + 1, count));
    }
    if (count <= 1) {
      return List.of();
    }
    Path fileName = path.getFileName();
    Matcher name = NAME.matcher(fileName == null ? "" : fileName.toString());
    if (!name.matches() || Integer.parseInt(name.group(3)) != count) {
      throw new ModelFormatException(
          path,
          "is the first of %d parts, which must be named NAME-00001-of-%05d.gguf and so on"
              .formatted(count, count));
    }
    List<Path> others = new ArrayList<>();
    for (int i = 2; i <= count; i++) {
      Path other = path.resolveSibling("%s-%05d-of-%05d.gguf".formatted(name.group(1), i, count));
      if (!Files.isRegularFile(other)) {
        throw new ModelFormatException(
            path, "part %d of %d is missing: %s".formatted(i, count, other));
      }
      others.add(other);
    }
    return others;
  }

  static void checkPart(Path path, Metadata part, int number, Metadata first) {
    int found = part.integer(NUMBER);
    int count = part.integer(COUNT);
    if (found != number || count != first.integer(COUNT)) {
      throw new ModelFormatException(
          path,
          "says it is part %d of %d; part %d of %d is wanted"
              .formatted(found + 1, count, number + 1, first.integer(COUNT)));
    }
  }

  static void checkCount(Path path, Metadata first, int tensors) {
    int wanted = first.findInteger(TENSORS).orElse(tensors);
    if (wanted != tensors) {
      throw new ModelFormatException(
          path, "the parts hold %d tensors; %s says %d".formatted(tensors, TENSORS, wanted));
    }
  }
}
