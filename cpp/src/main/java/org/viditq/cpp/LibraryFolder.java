package org.viditq.cpp;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.viditq.core.machine.UserFolder;

/**
 * Where JavaCPP unpacks the library: the folder that {@value #PROPERTY} names, otherwise {@code
 * .javacpp/cache} in the user's home, or what {@link UserFolder} finds instead.
 */
final class LibraryFolder {
  static final String PROPERTY = "org.bytedeco.javacpp.cachedir";

  private LibraryFolder() {}

  /**
   * Sets the property where JavaCPP's own choice would not do: it takes whatever exists, and makes
   * a folder "?" in the current one for a user without a name.
   *
   * @throws IOException if there is no such folder
   */
  static void choose() throws IOException {
    String told = System.getProperty(PROPERTY);
    if (told != null) {
      Path folder = Path.of(told);
      if (Files.exists(folder) && !Files.isDirectory(folder)) {
        throw new IOException(folder + " is not a folder");
      }
    } else if (!UserFolder.isHomeUsable()) {
      System.setProperty(PROPERTY, UserFolder.temporary().resolve("native").toString());
    }
  }
}
