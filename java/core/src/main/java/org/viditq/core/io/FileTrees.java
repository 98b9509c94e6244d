package org.viditq.core.io;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/** Files and folders with all that is in them. */
final class FileTrees {
  private FileTrees() {}

  /** Deletes what is there, symbolic links as such; what cannot be deleted stays. */
  static void delete(Path root) {
    // A file being created at this moment may still land in a folder just emptied: try again.
    for (int attempt = 0; attempt < 10 && Files.exists(root, NOFOLLOW_LINKS); attempt++) {
      try (Stream<Path> tree = Files.walk(root)) {
        List<Path> deepestFirst = new ArrayList<>(tree.toList());
        Collections.reverse(deepestFirst);
        for (Path path : deepestFirst) {
          Files.deleteIfExists(path);
        }
      } catch (IOException | UncheckedIOException tryAgain) {
        // What cannot be deleted even at last stays under its temporary name.
      }
    }
  }
}
