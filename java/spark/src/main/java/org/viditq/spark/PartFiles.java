package org.viditq.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A folder of partial results as files, whatever is in them. */
final class PartFiles {
  private static final Pattern NAME = Pattern.compile("[0-9a-f]{64}\\.safetensors");

  private final Path folder;

  PartFiles(Path folder) {
    this.folder = folder;
  }

  /** All of them, by name. */
  Map<String, byte[]> readAll() throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (Path file : list()) {
      files.put(file.getFileName().toString(), Files.readAllBytes(file));
    }
    return files;
  }

  /** Puts a file there, whole or not at all. */
  void write(String name, byte[] content) throws IOException {
    require(name);
    Path unfinished = folder.resolve("." + name + "." + ProcessHandle.current().pid() + ".tmp");
    Files.write(unfinished, content);
    Files.move(
        unfinished,
        folder.resolve(name),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  /** Reads a file and deletes it. */
  byte[] take(String name) throws IOException {
    require(name);
    byte[] content = Files.readAllBytes(folder.resolve(name));
    Files.delete(folder.resolve(name));
    return content;
  }

  /** Deletes the folder and all that is in it. */
  void deleteAll() {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(folder);
    } catch (IOException gone) {
      // Or in use: the system clears its folder of temporary files.
    }
  }

  private List<Path> list() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> NAME.matcher(file.getFileName().toString()).matches()).toList();
    }
  }

  /** Names come from other machines. */
  private static void require(String name) throws IOException {
    if (!NAME.matcher(name).matches()) {
      throw new IOException("a worker names a result " + name);
    }
  }
}
