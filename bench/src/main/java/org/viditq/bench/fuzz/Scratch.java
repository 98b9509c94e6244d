package org.viditq.bench.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A folder of this process for inputs, in memory where the system has such a place. */
final class Scratch {
  private static final Path MEMORY = Path.of("/dev/shm");

  /** Deleted when the process ends. */
  static final Path FOLDER = create();

  private static volatile boolean ending;

  private Scratch() {}

  /** Whether the process ends: then the folder goes while an input may be read. */
  static boolean isEnding() {
    return ending;
  }

  private static Path create() {
    try {
      Path folder =
          Files.isWritable(MEMORY)
              ? Files.createTempDirectory(MEMORY, "viditq-fuzz-")
              : Files.createTempDirectory("viditq-fuzz-");
      Runtime.getRuntime().addShutdownHook(new Thread(() -> end(folder)));
      return folder;
    } catch (IOException noPlace) {
      throw new IllegalStateException("There is no place for the inputs.", noPlace);
    }
  }

  private static void end(Path folder) {
    ending = true;
    delete(folder);
  }

  /** Writes a file of the folder, over what it was. */
  static Path write(String name, byte[] content) throws IOException {
    return Files.write(FOLDER.resolve(name), content);
  }

  /** Deletes a folder with all that is in it, as far as possible. */
  static void delete(Path folder) {
    try (Stream<Path> tree = Files.walk(folder)) {
      List<Path> deepestFirst = tree.sorted(Comparator.reverseOrder()).toList();
      for (Path path : deepestFirst) {
        Files.deleteIfExists(path);
      }
    } catch (IOException gone) {
      // What is left of it lies in the system's temporary folder.
    }
  }
}
