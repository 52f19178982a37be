package dev.dovetail.models.store;

import java.util.List;

/** A place from which a model file can be had. */
public sealed interface ModelSource {

  /** The source in words, for messages. */
  String describe();

  /**
   * A file of a repository on a hub that speaks Hugging Face's protocol.
   *
   * @param repository {@code owner/name}
   * @param revision a branch, tag or commit
   * @param path the file's path inside the repository
   */
  record Hub(String repository, String revision, String path) implements ModelSource {
    @Override
    public String describe() {
      return "hub " + repository + "/" + path;
    }
  }

  /**
   * A file that comes with the program.
   *
   * @param resource its name beside the catalogue
   */
  record Bundled(String resource) implements ModelSource {
    @Override
    public String describe() {
      return "what comes with Dovetail";
    }
  }

  /**
   * Python packages whose .gguf or .bin members, put together in this order, are the file.
   *
   * @param requirements {@code name==version} each
   */
  record Packages(List<String> requirements) implements ModelSource {
    public Packages {
      requirements = List.copyOf(requirements);
    }

    @Override
    public String describe() {
      return requirements.size() == 1
          ? "Python package " + requirements.getFirst()
          : requirements.size() + " Python packages from " + requirements.getFirst();
    }
  }
}
