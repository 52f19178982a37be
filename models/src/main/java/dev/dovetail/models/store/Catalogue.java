package dev.dovetail.models.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.dovetail.models.ModelFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** The models known by name. Immutable. */
public final class Catalogue {
  private static final String RESOURCE = "catalogue.json";
  private static final int MAX_BYTES = 1 << 20;
  private static final int MAX_SOURCES = 16;
  private static final int MAX_PACKAGES = 256;

  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,99}");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern REPOSITORY =
      Pattern.compile("[A-Za-z0-9][\\w.-]*/[A-Za-z0-9][\\w.-]*");
  private static final Pattern REVISION = Pattern.compile("[A-Za-z0-9][\\w.-]{0,99}");
  private static final Pattern PATH = Pattern.compile("[A-Za-z0-9][\\w.-]*(/[A-Za-z0-9][\\w.-]*)*");
  private static final Pattern REQUIREMENT =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][A-Za-z0-9._!+-]*");

  private final List<CatalogueEntry> entries;

  private Catalogue(List<CatalogueEntry> entries) {
    this.entries = List.copyOf(entries);
  }

  /** The catalogue that comes with the program. */
  public static Catalogue builtIn() {
    try (InputStream in = Catalogue.class.getResourceAsStream(RESOURCE)) {
      return parse(in.readNBytes(MAX_BYTES + 1), Path.of(RESOURCE));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads a catalogue.
   *
   * @param json UTF-8
   * @param origin what to call it in messages
   * @throws ModelFormatException if anything in it is missing, unknown or malformed
   */
  public static Catalogue parse(byte[] json, Path origin) {
    if (json.length > MAX_BYTES) {
      throw new ModelFormatException(origin, "the catalogue has more than " + MAX_BYTES + " bytes");
    }
    JsonMapper mapper =
        JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    JsonNode root;
    try {
      root = mapper.readTree(json);
    } catch (JsonProcessingException e) {
      long offset = e.getLocation() == null ? -1 : e.getLocation().getByteOffset();
      throw new ModelFormatException(origin, offset, null, "not JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw new ModelFormatException(origin, "not JSON: " + e.getMessage());
    }
    return new Reader(origin).catalogue(root);
  }

  /** A catalogue of entries that need no check. */
  static Catalogue of(List<CatalogueEntry> entries) {
    return new Catalogue(entries);
  }

  public List<CatalogueEntry> entries() {
    return entries;
  }

  public Optional<CatalogueEntry> find(String name) {
    return entries.stream().filter(entry -> entry.name().equals(name)).findFirst();
  }

  /** Turns JSON into entries, naming the place of whatever is wrong. */
  private record Reader(Path origin) {
    Catalogue catalogue(JsonNode root) {
      fields(root, "the catalogue", Set.of("models"));
      List<CatalogueEntry> entries = new ArrayList<>();
      Set<String> names = new HashSet<>();
      for (JsonNode node : array(root, "the catalogue", "models", Integer.MAX_VALUE)) {
        CatalogueEntry entry = entry(node, "models[" + entries.size() + "]");
        if (!names.add(entry.name()) || !names.add(entry.file())) {
          throw fault(
              "models[" + entries.size() + "]",
              "its name or file is already taken: " + entry.name());
        }
        entries.add(entry);
      }
      return new Catalogue(entries);
    }

    private CatalogueEntry entry(JsonNode node, String place) {
      fields(
          node,
          place,
          Set.of("name", "file", "sha256", "size", "licence", "description", "sources"));
      String file = string(node, place, "file", FileNames.PATTERN);
      JsonNode size = node.get("size");
      if (!size.isIntegralNumber() || !size.canConvertToLong() || size.asLong() <= 0) {
        throw fault(place, "'size' must be a number of bytes above 0, found " + size);
      }
      List<ModelSource> sources = new ArrayList<>();
      for (JsonNode source : array(node, place, "sources", MAX_SOURCES)) {
        sources.add(source(source, place + ".sources[" + sources.size() + "]"));
      }
      return new CatalogueEntry(
          string(node, place, "name", NAME),
          file,
          string(node, place, "sha256", SHA256),
          size.asLong(),
          string(node, place, "licence", Pattern.compile("[A-Za-z0-9.+-]{1,64}")),
          string(node, place, "description", Pattern.compile("\\P{Cntrl}{1,200}")),
          sources);
    }

    private ModelSource source(JsonNode node, String place) {
      JsonNode type = node.get("type");
      String kind = type != null && type.isTextual() ? type.asText() : "";
      return switch (kind) {
        case "hub" -> {
          fields(node, place, Set.of("type", "repository", "revision", "path"));
          yield new ModelSource.Hub(
              string(node, place, "repository", REPOSITORY),
              string(node, place, "revision", REVISION),
              string(node, place, "path", PATH));
        }
        case "packages" -> {
          fields(node, place, Set.of("type", "packages"));
          List<String> requirements = new ArrayList<>();
          for (JsonNode requirement : array(node, place, "packages", MAX_PACKAGES)) {
            if (!requirement.isTextual() || !REQUIREMENT.matcher(requirement.asText()).matches()) {
              throw fault(place, "a package must be given as name==version, found " + requirement);
            }
            requirements.add(requirement.asText());
          }
          yield new ModelSource.Packages(requirements);
        }
        case "bundled" -> {
          fields(node, place, Set.of("type", "resource"));
          yield new ModelSource.Bundled(string(node, place, "resource", FileNames.PATTERN));
        }
        default ->
            throw fault(
                place, "'type' must be \"hub\", \"packages\" or \"bundled\", found " + type);
      };
    }

    private void fields(JsonNode node, String place, Set<String> wanted) {
      if (!node.isObject()) {
        throw fault(place, "must be an object, found " + node.getNodeType());
      }
      node.fieldNames()
          .forEachRemaining(name -> {
            if (!wanted.contains(name)) {
              throw fault(place, "unknown field '" + name + "'");
            }
          });
      for (String name : wanted.stream().sorted().toList()) {
        if (!node.has(name)) {
          throw fault(place, "lacks '" + name + "'");
        }
      }
    }

    private String string(JsonNode node, String place, String field, Pattern pattern) {
      JsonNode value = node.get(field);
      if (!value.isTextual() || !pattern.matcher(value.asText()).matches()) {
        throw fault(place, "'" + field + "' must match " + pattern + ", found " + value);
      }
      return value.asText();
    }

    private JsonNode array(JsonNode node, String place, String field, int max) {
      JsonNode value = node.get(field);
      if (!value.isArray() || value.isEmpty() || value.size() > max) {
        throw fault(
            place, "'" + field + "' must be an array of at least one element and at most " + max);
      }
      return value;
    }

    private ModelFormatException fault(String place, String reason) {
      return new ModelFormatException(origin, place + ": " + reason);
    }
  }
}
