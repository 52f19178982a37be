package dev.dovetail.models.store;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/**
 * A server over plain sockets, so that it can also cut connections, lie about lengths and stand
 * still.
 */
final class FakeHub implements AutoCloseable {
  /** What was asked: path and headers, names in lower case. */
  record Asked(String path, Map<String, String> headers) {
    long rangeStart() {
      String range = headers.get("range");
      return range == null ? 0 : Long.parseLong(range.replaceAll("bytes=(\\d+)-", "$1"));
    }
  }

  /**
   * @param sent how many bytes of the body really come before the connection is cut
   */
  record Answer(int status, Map<String, String> headers, byte[] body, int sent, long pauseMillis) {
    static Answer of(int status, Map<String, String> headers) {
      return new Answer(status, headers, new byte[0], 0, 0);
    }
  }

  final List<Asked> asked = new CopyOnWriteArrayList<>();
  private final ServerSocket socket;
  private final Thread acceptor;
  private volatile Function<Asked, Answer> behaviour;

  FakeHub(Function<Asked, Answer> behaviour) throws IOException {
    this.behaviour = behaviour;
    socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    acceptor = Thread.ofVirtual().start(this::accept);
  }

  void behave(Function<Asked, Answer> next) {
    behaviour = next;
  }

  /** The file, honouring ranges as a good server does. */
  static Answer file(Asked asked, byte[] file, String etag) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("ETag", etag);
    long start = asked.rangeStart();
    if (start == 0 || !etag.equals(asked.headers().get("if-range"))) {
      return new Answer(200, headers, file, file.length, 0);
    }
    headers.put("Content-Range", "bytes " + start + "-" + (file.length - 1) + "/" + file.length);
    byte[] rest = Arrays.copyOfRange(file, (int) start, file.length);
    return new Answer(206, headers, rest, rest.length, 0);
  }

  /** The same, but the connection is cut after some bytes. */
  static Answer cut(Answer answer, int sent) {
    return new Answer(answer.status(), answer.headers(), answer.body(), sent, answer.pauseMillis());
  }

  URI address(String path) {
    return URI.create("http://127.0.0.1:" + socket.getLocalPort() + path);
  }

  private void accept() {
    while (!socket.isClosed()) {
      try {
        Socket connection = socket.accept();
        Thread.ofVirtual().start(() -> serve(connection));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(connection.getInputStream(), StandardCharsets.ISO_8859_1));
      String first = in.readLine();
      if (first == null) {
        return;
      }
      Map<String, String> headers = new LinkedHashMap<>();
      for (String line; (line = in.readLine()) != null && !line.isEmpty(); ) {
        int colon = line.indexOf(':');
        headers.put(
            line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
      }
      Asked question = new Asked(first.split(" ")[1], headers);
      asked.add(question);
      Answer answer = behaviour.apply(question);
      StringBuilder head = new StringBuilder("HTTP/1.1 " + answer.status() + " X\r\n");
      answer.headers().forEach((name, value) -> head.append(name + ": " + value + "\r\n"));
      if (!answer.headers().containsKey("Content-Length")) {
        head.append("Content-Length: " + answer.body().length + "\r\n");
      }
      OutputStream out = connection.getOutputStream();
      out.write(
          head.append("Connection: close\r\n\r\n")
              .toString()
              .getBytes(StandardCharsets.ISO_8859_1));
      out.write(answer.body(), 0, answer.sent());
      out.flush();
      Thread.sleep(answer.pauseMillis());
    } catch (IOException | InterruptedException e) {
      // The client has gone, as some of the tests want.
      return;
    }
  }

  /** Nobody is answered any more once this returns: the port is free when the acceptor has left. */
  @Override
  public void close() throws IOException {
    socket.close();
    try {
      acceptor.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
