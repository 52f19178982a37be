package dev.dovetail.models.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.dovetail.models.store.Catalogue;
import dev.dovetail.models.store.CatalogueEntry;
import java.nio.file.Path;

class CatalogueFuzzTest {
  @FuzzTest(maxDuration = "2m")
  void parses(byte[] bytes) {
    Contract.check(() -> {
      Catalogue catalogue = Catalogue.parse(bytes, Path.of("fuzz.json"));
      for (CatalogueEntry entry : catalogue.entries()) {
        assertThat(catalogue.find(entry.name())).containsSame(entry);
      }
    });
  }
}
