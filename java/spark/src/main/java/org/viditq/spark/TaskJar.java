package org.viditq.spark;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.viditq.core.workers.ClusterJob;

/** The few classes that executors load; worker processes have those of viditq. */
final class TaskJar {
  private TaskJar() {}

  /** Writes it to a temporary file that goes with this process. */
  static Path write() throws IOException {
    Path file = Files.createTempFile("viditq-tasks-", ".jar");
    file.toFile().deleteOnExit();
    try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(file))) {
      addPackage(SparkUnits.class, jar);
      addPackage(ClusterJob.class, jar);
    }
    return file;
  }

  /** All classes of a class's package. */
  private static void addPackage(Class<?> member, JarOutputStream jar) throws IOException {
    Path place;
    try {
      place = Path.of(member.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException impossible) {
      throw new IOException(impossible);
    }
    if (Files.isDirectory(place)) {
      addClasses(place, member, jar);
    } else {
      try (FileSystem inside = FileSystems.newFileSystem(place)) {
        addClasses(inside.getPath("/"), member, jar);
      }
    }
  }

  private static void addClasses(Path root, Class<?> member, JarOutputStream jar)
      throws IOException {
    String folder = member.getPackageName().replace('.', '/');
    List<Path> classes;
    try (Stream<Path> files = Files.list(root.resolve(folder))) {
      classes = files.filter(file -> file.toString().endsWith(".class")).toList();
    }
    for (Path file : classes) {
      jar.putNextEntry(new JarEntry(folder + "/" + file.getFileName()));
      Files.copy(file, jar);
      jar.closeEntry();
    }
  }
}
