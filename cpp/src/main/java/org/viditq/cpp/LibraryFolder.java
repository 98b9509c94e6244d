package org.viditq.cpp;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.viditq.core.io.IoReason;

/**
 * Where JavaCPP unpacks the library: the folder that {@value #PROPERTY} names, otherwise {@code
 * .javacpp/cache} in the user's home, or where there is none that can be written (a container's
 * user without a name, a service), a folder of this user's own below the temporary one.
 */
final class LibraryFolder {
  static final String PROPERTY = "org.bytedeco.javacpp.cachedir";

  private LibraryFolder() {}

  /**
   * Sets the property where JavaCPP's own choice would not do.
   *
   * @throws IOException if there is no such folder
   */
  static void choose() throws IOException {
    String told = System.getProperty(PROPERTY);
    if (told != null) {
      requireFolder(Path.of(told));
    } else if (!isWritable(Path.of(System.getProperty("user.home", "?")))) {
      System.setProperty(PROPERTY, ofThisUser().toString());
    }
  }

  /** JavaCPP takes whatever exists under the name. */
  private static void requireFolder(Path folder) throws IOException {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new IOException(folder + " is not a folder");
    }
  }

  /** The home of a user without a name is "?", and would be made in the current folder. */
  private static boolean isWritable(Path home) {
    if (!home.isAbsolute() || !Files.isDirectory(home)) {
      return false;
    }
    Path cache = home.resolve(".javacpp/cache");
    try {
      return Files.isWritable(Files.createDirectories(cache));
    } catch (IOException unwritable) {
      return false;
    }
  }

  /** Nobody else may write there: what lies there is run. */
  private static Path ofThisUser() throws IOException {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    Object user = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    Path folder = temporary.resolve("viditq-native-" + user);
    try {
      Files.createDirectory(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } catch (FileAlreadyExistsException earlier) {
      boolean own =
          Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
              && Files.getAttribute(folder, "unix:uid").equals(user);
      if (!own
          || Files.getPosixFilePermissions(folder).toString().matches(".*(GROUP|OTHERS)_WRITE.*")) {
        throw new IOException(folder + " is not a folder of this user alone");
      }
    } catch (IOException unwritable) {
      throw new IOException(
          System.getProperty("user.home")
              + " cannot be written to, nor can "
              + temporary
              + ": "
              + IoReason.of(unwritable));
    }
    return folder;
  }
}
