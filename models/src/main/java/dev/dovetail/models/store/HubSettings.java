package dev.dovetail.models.store;

import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;

/**
 * Where the hub is and how patient to be.
 *
 * @param endpoint address of the hub, without a slash at the end
 * @param token sent to the endpoint's own host and to no other, or null
 * @param patience how long a connection, a first answer or a pause in the data may take
 * @param backOff pause before the first retry; it doubles with each
 */
record HubSettings(URI endpoint, String token, Duration patience, Duration backOff) {
  HubSettings {
    Objects.requireNonNull(endpoint);
    String scheme = endpoint.getScheme();
    if (endpoint.getHost() == null || !("https".equals(scheme) || "http".equals(scheme))) {
      throw new IllegalArgumentException(
          "HF_ENDPOINT must be an http or https address, found '" + endpoint + "'");
    }
  }

  static HubSettings of(Map<String, String> environment) {
    String endpoint = environment.getOrDefault("HF_ENDPOINT", "").strip();
    if (endpoint.isEmpty()) {
      endpoint = "https://huggingface.co";
    }
    String token = environment.getOrDefault("HF_TOKEN", "").strip();
    URI uri;
    try {
      uri = URI.create(endpoint.replaceAll("/+$", ""));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("HF_ENDPOINT is not an address: '" + endpoint + "'", e);
    }
    return new HubSettings(
        uri, token.isEmpty() ? null : token, Duration.ofSeconds(15), Duration.ofSeconds(1));
  }

  /** The address of a file; the parts have been checked to need no escaping. */
  URI resolve(ModelSource.Hub source) {
    return URI.create(
        endpoint
            + "/"
            + source.repository()
            + "/resolve/"
            + source.revision()
            + "/"
            + source.path());
  }

  /** Whether an address is the hub itself rather than a server it sends us to. */
  boolean isEndpoint(URI address) {
    return Objects.equals(address.getScheme(), endpoint.getScheme())
        && endpoint.getHost().equalsIgnoreCase(address.getHost())
        && port(address) == port(endpoint);
  }

  private static int port(URI address) {
    return address.getPort() >= 0
        ? address.getPort()
        : "https".equals(address.getScheme()) ? 443 : 80;
  }
}
