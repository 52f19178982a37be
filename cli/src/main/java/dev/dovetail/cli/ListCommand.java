package dev.dovetail.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.dovetail.models.store.CatalogueEntry;
import dev.dovetail.models.store.ModelStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code dovetail list}. */
@Command(
    name = "list",
    description = "Lists the models that are stored, and those that can be pulled by name.")
final class ListCommand implements Callable<Integer> {
  private final Console console;

  @Option(names = "--json", order = 5, description = "Print one JSON object.")
  private boolean json;

  ListCommand(Console console) {
    this.console = console;
  }

  /**
   * A line of the list.
   *
   * @param path where it is stored, if it is
   * @param entry what the catalogue says of it, if it does
   * @param packedBytes what it takes besides, packed
   */
  private record Row(
      String name,
      long bytes,
      Optional<Path> path,
      Optional<CatalogueEntry> entry,
      long packedBytes) {}

  @Override
  public Integer call() throws IOException {
    ModelStore store = ModelStore.open(console.env());
    List<Row> rows = rows(store);
    if (json) {
      console.out().line(json(store, rows).toString());
      return Cli.DONE;
    }
    int width = rows.stream().mapToInt(row -> row.name().length()).max().orElse(0);
    for (Row row : rows) {
      console
          .out()
          .line(
              "%s %s  %10s  %s"
                  .formatted(
                      row.path().isPresent() ? "*" : " ",
                      row.name() + " ".repeat(width - row.name().length()),
                      Units.bytes(row.bytes()),
                      packed(row)
                          + row.entry()
                              .map(entry -> entry.description() + " (" + entry.licence() + ")")
                              .orElse("not in the catalogue")));
    }
    console.out().line("");
    console
        .out()
        .line("* stored in " + store.folder() + "; 'dovetail pull NAME' brings the others");
    return Cli.DONE;
  }

  private static String packed(Row row) {
    return row.packedBytes() == 0 ? "" : "and " + Units.bytes(row.packedBytes()) + " packed; ";
  }

  private static List<Row> rows(ModelStore store) throws IOException {
    Map<String, ModelStore.StoredModel> stored = new LinkedHashMap<>();
    store.list().forEach(model -> stored.put(model.name(), model));
    List<Row> rows = new ArrayList<>();
    for (CatalogueEntry entry : store.catalogue().entries()) {
      Optional<ModelStore.StoredModel> here = Optional.ofNullable(stored.remove(entry.name()));
      rows.add(
          new Row(
              entry.name(),
              entry.size(),
              here.map(ModelStore.StoredModel::path),
              Optional.of(entry),
              here.map(ModelStore.StoredModel::packedSize).orElse(0L)));
    }
    for (ModelStore.StoredModel model : stored.values()) {
      rows.add(
          new Row(
              model.name(),
              model.size(),
              Optional.of(model.path()),
              Optional.empty(),
              model.packedSize()));
    }
    return rows;
  }

  private static ObjectNode json(ModelStore store, List<Row> rows) {
    ObjectNode root = Json.object();
    root.put("store", store.folder().toString());
    ArrayNode models = root.putArray("models");
    for (Row row : rows) {
      ObjectNode node = models.addObject();
      node.put("name", row.name());
      node.put("stored", row.path().isPresent());
      node.put("path", row.path().map(Path::toString).orElse(null));
      node.put("bytes", row.bytes());
      node.put("packed_bytes", row.packedBytes());
      node.put("licence", row.entry().map(CatalogueEntry::licence).orElse(null));
      node.put("description", row.entry().map(CatalogueEntry::description).orElse(null));
      node.put("sha256", row.entry().map(CatalogueEntry::sha256).orElse(null));
    }
    return root;
  }
}
