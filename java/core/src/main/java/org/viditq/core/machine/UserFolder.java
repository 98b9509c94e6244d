package org.viditq.core.machine;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Where libraries may keep what they unpack for this user: in the home, or where there is none that
 * can be written to (a container's user without a name, a service), in a folder of this user alone
 * below the temporary one.
 */
public final class UserFolder {
  private UserFolder() {}

  /** Whether the home is a folder that can be written to; that of a user without a name is "?". */
  public static boolean isHomeUsable() {
    Path home = Path.of(System.getProperty("user.home", "?"));
    return home.isAbsolute() && Files.isDirectory(home) && Files.isWritable(home);
  }

  /**
   * Where results are kept that can be made again: {@code viditq} in the folder that XDG_CACHE_HOME
   * names, else in {@code .cache} of the home; without a usable home, below {@link #temporary()}.
   * Not created.
   *
   * @throws IOException if there is no such folder, saying why
   */
  public static Path cache() throws IOException {
    String named = System.getenv("XDG_CACHE_HOME");
    // The specification has relative ones ignored.
    if (named != null && named.startsWith("/")) {
      return Path.of(named).resolve("viditq");
    }
    return isHomeUsable()
        ? Path.of(System.getProperty("user.home")).resolve(".cache").resolve("viditq")
        : temporary().resolve("cache");
  }

  /**
   * The folder below the temporary one, created if it is not there. Nobody else may write to it, as
   * what lies there is run.
   *
   * @throws IOException if there is no such folder, saying why
   */
  public static Path temporary() throws IOException {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    try {
      Object user = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
      Path folder = temporary.resolve("viditq-" + user);
      try {
        Files.createDirectory(
            folder,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      } catch (FileAlreadyExistsException earlier) {
        requireOwn(folder, user);
      }
      return folder;
    } catch (IOException unwritable) {
      throw new IOException(
          "there is no home that can be written to, and no folder of this user alone can be made in"
              + " "
              + temporary);
    }
  }

  private static void requireOwn(Path folder, Object user) throws IOException {
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(folder);
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
        || !Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS).equals(user)
        || permissions.contains(PosixFilePermission.GROUP_WRITE)
        || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
      throw new IOException(folder + " is of someone else");
    }
  }
}
