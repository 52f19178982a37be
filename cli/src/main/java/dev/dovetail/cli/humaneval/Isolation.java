package dev.dovetail.cli.humaneval;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * What stands between a program and the machine, beside the limits that every program gets. With
 * namespaces it has no network, sees no process but its own, and of the files only Python and the
 * system's libraries, read-only, and an empty folder of 64 MiB at {@code /tmp}.
 */
enum Isolation {
  /** Namespaces made by bubblewrap. */
  BUBBLEWRAP("bubblewrap") {
    @Override
    List<String> command(Python python, Path folder, List<String> command) {
      List<String> all =
          new ArrayList<>(
              List.of("bwrap", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"));
      all.addAll(List.of("--die-with-parent", "--new-session", "--cap-drop", "ALL"));
      if (privileged()) {
        // To become another user, who has no capabilities.
        all.addAll(List.of("--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"));
      } else {
        all.add("--unshare-user");
      }
      for (Path path : python.files()) {
        show(all, "--ro-bind", path);
      }
      for (String device : List.of("null", "zero", "urandom", "random")) {
        show(all, "--dev-bind", Path.of("/dev", device));
      }
      all.addAll(List.of("--perms", "1777", "--size", Long.toString(FOLDER_BYTES)));
      all.addAll(List.of("--tmpfs", WORK, "--remount-ro", "/", "--"));
      if (privileged()) {
        String user = Integer.toString(anyUser());
        all.addAll(List.of("setpriv", "--reuid", user, "--regid", user));
        all.addAll(List.of("--clear-groups", "--no-new-privs"));
      }
      all.addAll(command);
      return all;
    }

    // Folders that bwrap makes by itself on the way to a file may be entered by root only.
    private void show(List<String> all, String how, Path path) {
      for (int names = 1; names < path.getNameCount(); names++) {
        String parent = "/" + path.subpath(0, names);
        all.addAll(List.of("--perms", "0755", "--dir", parent));
      }
      all.addAll(List.of(how, path.toString(), path.toString()));
    }
  },

  /** Namespaces made by util-linux. */
  UNSHARE("unshare") {
    @Override
    List<String> command(Python python, Path folder, List<String> command) {
      List<String> all = new ArrayList<>(List.of("unshare", "--mount", "--pid", "--net", "--ipc"));
      all.addAll(List.of("--uts", "--fork", "--kill-child"));
      if (!privileged()) {
        all.addAll(List.of("--user", "--map-root-user"));
      }
      all.addAll(List.of("/bin/sh", "-c", Python.resource("namespaces.sh"), "sh"));
      all.add(folder.toString());
      all.add(privileged() ? Integer.toString(anyUser()) : "-");
      python.files().forEach(path -> all.add(path.toString()));
      all.add("--");
      all.addAll(command);
      return all;
    }
  },

  /** Nothing: the program may do whatever its user may do. */
  NONE("limits only") {
    @Override
    List<String> command(Python python, Path folder, List<String> command) {
      return command;
    }
  };

  /** How much a program may write in all. */
  private static final long FOLDER_BYTES = 64L << 20;

  /** The folder that a program may write to, where there are namespaces. */
  private static final String WORK = "/tmp";

  private final String label;

  Isolation(String label) {
    this.label = label;
  }

  /** What it is called in messages. */
  String label() {
    return label;
  }

  /**
   * The command that runs another one behind this.
   *
   * @param folder an empty one that nobody else uses
   */
  abstract List<String> command(Python python, Path folder, List<String> command);

  /** Where a program finds the folder that it may write to. */
  String workFolder(Path folder) {
    return this == NONE ? folder.toString() : WORK;
  }

  /** Whether this process is root's, who needs no user namespace and is bound by no limit. */
  static boolean privileged() {
    return "root".equals(System.getProperty("user.name"));
  }

  /**
   * Someone whom systems give no files: the range from which services get their users for the time
   * of their run. Each program gets its own, so that the number of processes is limited for each.
   */
  private static int anyUser() {
    return RandomGenerator.getDefault().nextInt(61184, 65520);
  }
}
