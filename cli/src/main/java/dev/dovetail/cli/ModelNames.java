package dev.dovetail.cli;

import dev.dovetail.models.store.Catalogue;
import dev.dovetail.models.store.CatalogueEntry;
import java.util.Iterator;

/** The catalogue's names, for shells to complete. The catalogue is read when they are asked for. */
final class ModelNames implements Iterable<String> {
  @Override
  public Iterator<String> iterator() {
    return Catalogue.builtIn().entries().stream().map(CatalogueEntry::name).iterator();
  }
}
