package dev.dovetail.models.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Downloads one file over HTTP into a part file, going on where an earlier download stopped. For
 * one thread.
 *
 * <p>Beside the part lies {@code .part.etag} with the entity tag of what it is a part of: the
 * server is asked to go on only if the file is still that one, so a changed file is never spliced.
 */
final class HttpDownload implements AutoCloseable {
  private static final int MAX_REDIRECTS = 10;

  /** Tries in a row that bring no byte. */
  private static final int MAX_BARREN_TRIES = 5;

  /** Tries in all, for a server that cuts each connection after some bytes. */
  private static final int MAX_TRIES = 100;

  private static final Duration MAX_RETRY_AFTER = Duration.ofSeconds(60);
  private static final Pattern CONTENT_RANGE =
      Pattern.compile("bytes (\\d{1,18})-\\d{1,18}/(\\d{1,18})");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  private final HubSettings settings;
  private final PullListener listener;
  private final HttpClient client;
  private final ScheduledExecutorService watchdog =
      Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "download-watchdog");
        thread.setDaemon(true);
        return thread;
      });

  private String linkedSha256;

  HttpDownload(HubSettings settings, PullListener listener) {
    this.settings = settings;
    this.listener = listener;
    this.client =
        HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(settings.patience())
            .build();
  }

  /** A fault that trying again may cure. */
  private static final class Passing extends IOException {
    private static final long serialVersionUID = 1L;
    private final transient Duration pause;

    Passing(String message, Duration pause, Throwable cause) {
      super(message, cause);
      this.pause = pause;
    }
  }

  static Path etagFile(Path part) {
    return part.resolveSibling(part.getFileName() + ".etag");
  }

  /**
   * Fills a part file.
   *
   * @param size the length that the file must have, or -1 where it is not known
   * @return the SHA-256 that the hub names for the file, if it names one
   * @throws IOException with one line for a person, if it cannot be had
   */
  Optional<String> fetch(URI address, Path part, long size) throws IOException {
    Duration backOff = settings.backOff();
    int barren = 0;
    for (int tries = 1; ; tries++) {
      long before = length(part);
      try {
        attempt(address, part, size);
        return Optional.ofNullable(linkedSha256);
      } catch (Passing e) {
        if (length(part) > before) {
          barren = 0;
          backOff = settings.backOff();
        } else {
          barren++;
        }
        if (barren >= MAX_BARREN_TRIES || tries >= MAX_TRIES) {
          throw new IOException(e.getMessage() + " (after " + tries + " tries)", e);
        }
        Duration pause = e.pause == null ? backOff : e.pause;
        listener.message(
            e.getMessage() + "; trying again in " + Math.max(1, pause.toSeconds()) + " s");
        sleep(pause);
        backOff = backOff.multipliedBy(2);
      }
    }
  }

  /** What a server says of a file: its SHA-256, and its length or -1. */
  record Described(Optional<String> sha256, long size) {}

  /**
   * Asks about a file without fetching it. By GET, since addresses that are signed for it refuse
   * HEAD.
   *
   * @throws IOException with one line for a person, if there is no answer or no such file
   */
  Described describe(URI address) throws IOException {
    HttpResponse<InputStream> response = follow(address, 0, null);
    response.body().close();
    if (response.statusCode() != 200) {
      throw refusal(response.statusCode(), response, address);
    }
    return new Described(
        Optional.ofNullable(linkedSha256),
        response.headers().firstValueAsLong("Content-Length").orElse(-1));
  }

  private void attempt(URI address, Path part, long size) throws IOException {
    long have = length(part);
    String etag =
        have > 0 && Files.exists(etagFile(part)) ? Files.readString(etagFile(part)) : null;
    if (etag == null && have > 0) {
      discard(part);
      have = 0;
    }
    HttpResponse<InputStream> response = follow(address, have, etag);
    try (InputStream body = response.body()) {
      int status = response.statusCode();
      long total;
      if (status == 206) {
        Matcher range =
            CONTENT_RANGE.matcher(response.headers().firstValue("Content-Range").orElse(""));
        boolean fits = range.matches() && Long.parseLong(range.group(1)) == have;
        if (!fits || !response.headers().firstValue("ETag").orElse(etag).equals(etag)) {
          discard(part);
          throw new Passing("the server went on at a wrong place", Duration.ZERO, null);
        }
        total = Long.parseLong(range.group(2));
      } else if (status == 200) {
        discard(part);
        have = 0;
        total = response.headers().firstValueAsLong("Content-Length").orElse(-1);
        Optional<String> tag =
            response.headers().firstValue("ETag").filter(t -> !t.startsWith("W/"));
        if (tag.isPresent()) {
          Files.writeString(etagFile(part), tag.get());
        }
      } else if (status == 416) {
        discard(part);
        throw new Passing("the server does not have the part that is missing", Duration.ZERO, null);
      } else {
        throw refusal(status, response, address);
      }
      if (size >= 0 && total >= 0 && total != size) {
        discard(part);
        throw new IOException("the file there has " + total + " bytes, wanted " + size);
      }
      copy(body, part, have, total >= 0 ? total : size);
    }
  }

  private HttpResponse<InputStream> follow(URI address, long have, String etag) throws IOException {
    URI at = address;
    for (int hops = 0; hops <= MAX_REDIRECTS; hops++) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(at).timeout(settings.patience()).header("User-Agent", "dovetail");
      if (settings.token() != null && settings.isEndpoint(at)) {
        request.header("Authorization", "Bearer " + settings.token());
      }
      if (have > 0) {
        request.header("Range", "bytes=" + have + "-").header("If-Range", etag);
      }
      HttpResponse<InputStream> response = send(request.build(), at);
      if (settings.isEndpoint(at)) {
        response
            .headers()
            .firstValue("X-Linked-ETag")
            .map(tag -> tag.replace("\"", "").toLowerCase(Locale.ROOT))
            .filter(tag -> SHA256.matcher(tag).matches())
            .ifPresent(tag -> linkedSha256 = tag);
      }
      if (response.statusCode() / 100 != 3 || response.statusCode() == 304) {
        return response;
      }
      response.body().close();
      at = redirect(at, response);
    }
    throw new IOException(address.getHost() + " redirects more than " + MAX_REDIRECTS + " times");
  }

  private static URI redirect(URI at, HttpResponse<?> response) throws IOException {
    String location =
        response
            .headers()
            .firstValue("Location")
            .orElseThrow(() -> new IOException(at.getHost() + " redirects without saying where"));
    URI next;
    try {
      next = at.resolve(location);
    } catch (IllegalArgumentException e) {
      throw new IOException(at.getHost() + " redirects to something that is no address", e);
    }
    boolean known = "https".equals(next.getScheme()) || "http".equals(next.getScheme());
    if (!known || next.getHost() == null) {
      throw new IOException(
          at.getHost() + " redirects to something that is neither http nor https");
    }
    if ("https".equals(at.getScheme()) && "http".equals(next.getScheme())) {
      throw new IOException(at.getHost() + " redirects from https to http, which is refused");
    }
    return next;
  }

  private HttpResponse<InputStream> send(HttpRequest request, URI at) throws IOException {
    try {
      return client.send(request, HttpResponse.BodyHandlers.ofInputStream());
    } catch (HttpConnectTimeoutException e) {
      throw new IOException(
          "cannot reach "
              + at.getHost()
              + ": no connection within "
              + settings.patience().toSeconds()
              + " s",
          e);
    } catch (ConnectException e) {
      // Not tried again: a machine without a way to the hub should come to the next source in
      // seconds.
      throw new IOException("cannot reach " + at.getHost() + ": " + connectReason(e), e);
    } catch (IOException e) {
      throw new Passing(
          "the connection to " + at.getHost() + " failed: " + e.getMessage(), null, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private static String connectReason(ConnectException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof java.nio.channels.UnresolvedAddressException) {
        return "its name cannot be resolved";
      }
    }
    return e.getMessage() == null ? "connection refused" : e.getMessage();
  }

  private IOException refusal(int status, HttpResponse<?> response, URI address) {
    String host = address.getHost();
    return switch (status) {
      case 401, 403 ->
          new IOException(
              host
                  + " refuses access ("
                  + status
                  + "): "
                  + (settings.token() == null
                      ? "set HF_TOKEN to a token that may read this model"
                      : "the token in HF_TOKEN may not read this model, or its licence is not accepted yet"));
      case 404, 410 ->
          new IOException(host + " has no such file (" + status + "): " + address.getPath());
      case 429, 500, 502, 503, 504 ->
          new Passing(
              host + " answers " + status + (status == 429 ? " (too many requests)" : ""),
              retryAfter(response),
              null);
      default -> new IOException(host + " answers " + status);
    };
  }

  private static Duration retryAfter(HttpResponse<?> response) {
    return response
        .headers()
        .firstValue("Retry-After")
        .filter(value -> value.matches("\\d{1,6}"))
        .map(value -> Duration.ofSeconds(Long.parseLong(value)))
        .map(pause -> pause.compareTo(MAX_RETRY_AFTER) > 0 ? MAX_RETRY_AFTER : pause)
        .orElse(null);
  }

  private void copy(InputStream body, Path part, long have, long total) throws IOException {
    long done = have;
    byte[] buffer = new byte[1 << 16];
    try (OutputStream out =
        Files.newOutputStream(part, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      listener.progress(done, total);
      while (true) {
        int n = read(body, buffer);
        if (n < 0) {
          break;
        }
        done += n;
        if (total >= 0 && done > total) {
          throw new IOException("the server sends more than the " + total + " bytes it named");
        }
        out.write(buffer, 0, n);
        listener.progress(done, total);
      }
    }
    if (total >= 0 && done < total) {
      throw new Passing("the connection was cut at byte " + done + " of " + total, null, null);
    }
  }

  private int read(InputStream body, byte[] buffer) throws IOException {
    ScheduledFuture<?> alarm =
        watchdog.schedule(
            () -> closeQuietly(body), settings.patience().toMillis(), TimeUnit.MILLISECONDS);
    try {
      return body.read(buffer);
    } catch (IOException e) {
      throw new Passing("the connection was cut or stood still", null, e);
    } finally {
      alarm.cancel(false);
    }
  }

  /** Wakes the reader, which reports the failure. */
  private void closeQuietly(InputStream body) {
    try {
      body.close();
    } catch (IOException e) {
      listener.message("closing a connection that stood still: " + e.getMessage());
    }
  }

  static void discard(Path part) throws IOException {
    Files.deleteIfExists(part);
    Files.deleteIfExists(etagFile(part));
  }

  private static long length(Path part) throws IOException {
    return Files.exists(part) ? Files.size(part) : 0;
  }

  private static void sleep(Duration pause) throws IOException {
    try {
      Thread.sleep(pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  @Override
  public void close() {
    watchdog.shutdownNow();
    client.shutdownNow();
  }
}
