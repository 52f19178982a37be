package dev.dovetail.models.store;

import java.util.List;

/**
 * A model that can be pulled by name.
 *
 * @param name what a user types
 * @param file the file's name in the store
 * @param sha256 of the file, 64 lower-case hexadecimal digits
 * @param size of the file, in bytes
 * @param licence SPDX identifier
 * @param description one line for people
 * @param sources tried in this order
 */
public record CatalogueEntry(
    String name,
    String file,
    String sha256,
    long size,
    String licence,
    String description,
    List<ModelSource> sources) {
  public CatalogueEntry {
    sources = List.copyOf(sources);
  }
}
