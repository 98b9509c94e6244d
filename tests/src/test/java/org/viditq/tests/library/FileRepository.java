package org.viditq.tests.library;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A local repository of Maven as {@code mvn install} leaves it, in a folder of its own: this
 * project's artifacts beside links to everybody else's in the repository of the user.
 */
final class FileRepository {
  private static final String GROUP = "viditq";

  private final Path root;

  private FileRepository(Path root) {
    this.root = root;
  }

  /**
   * With what is packaged so far; Maven says what it misses.
   *
   * @param root a new folder
   * @param others the repository of the user, which is only read
   */
  static FileRepository create(Path root, Path others, List<Module> modules) throws IOException {
    link(others, Files.createDirectories(root), "org");
    link(others.resolve("org"), Files.createDirectory(root.resolve("org")), GROUP);
    FileRepository repository = new FileRepository(root);
    for (Module module : modules) {
      repository.install(module);
    }
    return repository;
  }

  private static void link(Path from, Path to, String leftOut) throws IOException {
    try (Stream<Path> entries = Files.list(from)) {
      for (Path entry : entries.toList()) {
        if (!entry.getFileName().toString().equals(leftOut)) {
          Files.createSymbolicLink(to.resolve(entry.getFileName()), entry.toRealPath());
        }
      }
    }
  }

  private void install(Module module) throws IOException {
    String name = module.artifact() + "-" + module.version();
    Path folder =
        Files.createDirectories(
            root.resolve("org")
                .resolve(GROUP)
                .resolve(module.artifact())
                .resolve(module.version()));
    Files.copy(module.pom(), folder.resolve(name + ".pom"));
    for (Path jar : module.jars()) {
      Files.copy(jar, folder.resolve(jar.getFileName()));
    }
  }

  Path root() {
    return root;
  }
}
