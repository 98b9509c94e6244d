package org.viditq.cli.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.UsageException;

/**
 * The files of a bundle: {@code runtime/} (Java), {@code lib/} (jars), {@code system/} (shared
 * libraries of this machine that the others link to), {@code native/} (libraries that were named),
 * {@code models/}, {@code samples/} and the launcher.
 *
 * @param files by their names in the bundle
 */
record BundleContents(Map<String, Path> files) {
  private static final String NATIVE = "native/";

  /** Of the Java runtime, what only windows and sound cards need. */
  private static final Set<String> NOT_WITHOUT_A_SCREEN =
      Set.of("libawt_xawt.so", "libjawt.so", "libjsound.so", "libsplashscreen.so");

  /**
   * Collects them.
   *
   * @param classPath of the running program
   * @param models folders
   * @param libraries shared libraries, or folders and jars of some
   * @param scratch an empty folder, needed until the files are written
   * @param beforeRuntime is told when all is checked and the Java runtime is begun, which takes
   *     long
   */
  static BundleContents collect(
      List<Path> classPath,
      List<Path> models,
      List<Path> libraries,
      Path home,
      Path scratch,
      Runnable beforeRuntime)
      throws IOException {
    Map<String, Path> files = new TreeMap<>();
    addClassPath(files, classPath);
    addModels(files, models);
    addTree(files, "samples", home.resolve("samples"));
    List<Path> named = named(libraries, Files.createDirectory(scratch.resolve("named")));
    for (Path library : named) {
      put(files, NATIVE + library.getFileName(), library);
    }

    beforeRuntime.run();
    Path runtime = scratch.resolve("runtime");
    RuntimeImage.create(classPath, ours(classPath), runtime);
    for (String part : NOT_WITHOUT_A_SCREEN) {
      Files.deleteIfExists(runtime.resolve("lib").resolve(part));
    }
    addTree(files, "runtime", runtime);

    List<Path> natives = new ArrayList<>(named);
    natives.addAll(sharedObjects(runtime));
    natives.addAll(unpackedNatives(classPath, Files.createDirectory(scratch.resolve("natives"))));
    SharedLibraries.neededBy(natives)
        .forEach((name, file) -> files.put("system/" + name, file.toAbsolutePath()));
    return new BundleContents(files);
  }

  private static void addClassPath(Map<String, Path> files, List<Path> classPath)
      throws IOException {
    for (int i = 0; i < classPath.size(); i++) {
      Path entry = classPath.get(i);
      if (Files.isDirectory(entry)) {
        addTree(files, "lib/" + i + ".classes", entry);
      } else if (Files.exists(entry)) {
        put(files, "lib/" + entry.getFileName(), entry);
      }
    }
  }

  private static void addModels(Map<String, Path> files, List<Path> models) throws IOException {
    for (Path model : models) {
      if (!Files.isDirectory(model)) {
        throw new InvalidModelException(
            "There is no folder " + model + "; --model takes the folder of a pipeline.");
      }
      String name = "models/" + model.toRealPath().getFileName();
      if (files.keySet().stream().anyMatch(file -> file.startsWith(name + "/"))) {
        throw new UsageException(
            "Two models are called " + name.substring(7) + "; rename one, or bundle it by itself.");
      }
      addTree(files, name, model);
    }
  }

  private static List<Path> named(List<Path> libraries, Path scratch) throws IOException {
    List<Path> all = new ArrayList<>();
    for (Path library : libraries) {
      if (library.toString().endsWith(".jar") && Files.isRegularFile(library)) {
        Path unpacked = Files.createDirectory(scratch.resolve(Integer.toString(all.size())));
        Set<Path> found = unpackedNatives(List.of(library), unpacked);
        if (found.isEmpty()) {
          throw new UsageException(
              "--library " + library + " holds no shared library for this platform.");
        }
        for (Path file : found) {
          String numbered = file.getFileName().toString();
          String name = numbered.substring(numbered.indexOf('-') + 1);
          all.add(Files.move(file, unpacked.resolve(name)));
        }
      } else if (Files.isDirectory(library)) {
        List<Path> found = sharedObjects(library);
        if (found.isEmpty()) {
          throw new UsageException("--library " + library + " holds no shared library (*.so*).");
        }
        all.addAll(found);
      } else if (Files.isRegularFile(library)) {
        all.add(library);
      } else {
        throw new UsageException("--library " + library + " does not exist.");
      }
    }
    return all;
  }

  private static void put(Map<String, Path> files, String name, Path file) {
    Path other = files.putIfAbsent(name, file);
    if (other != null && !other.equals(file)) {
      throw new UsageException(
          "Both " + other + " and " + file + " would be " + name + " in the bundle; rename one.");
    }
  }

  /** Through symbolic links, of which the hub's cache consists. */
  private static void addTree(Map<String, Path> files, String name, Path folder)
      throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
      for (Path file : (Iterable<Path>) tree.filter(Files::isRegularFile)::iterator) {
        String below = folder.relativize(file).toString();
        put(files, name + "/" + below.replace(file.getFileSystem().getSeparator(), "/"), file);
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static List<Path> ours(List<Path> classPath) {
    List<Path> ours = new ArrayList<>();
    for (Path entry : classPath) {
      if (Files.isDirectory(entry) || entry.getFileName().toString().startsWith("viditq-")) {
        ours.add(entry);
      }
    }
    return ours;
  }

  private static List<Path> sharedObjects(Path folder) throws IOException {
    try (Stream<Path> tree = Files.walk(folder)) {
      return tree.filter(Files::isRegularFile)
          .filter(file -> isSharedObject(file.getFileName().toString()))
          .sorted()
          .toList();
    }
  }

  private static boolean isSharedObject(String name) {
    return name.endsWith(".so") || name.contains(".so.");
  }

  /** Those of this platform, out of the jars, to be looked at. */
  private static Set<Path> unpackedNatives(List<Path> classPath, Path folder) throws IOException {
    Set<Path> natives = new LinkedHashSet<>();
    for (Path jar : classPath) {
      if (Files.isDirectory(jar)) {
        natives.addAll(sharedObjects(jar));
        continue;
      }
      try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(jar))) {
        for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
          String file = entry.getName().substring(entry.getName().lastIndexOf('/') + 1);
          if (isSharedObject(file) && ofThisPlatform(entry.getName())) {
            Path target = folder.resolve(natives.size() + "-" + file);
            Files.copy(zip, target);
            natives.add(target);
          }
        }
      }
    }
    return natives;
  }

  private static boolean ofThisPlatform(String entry) {
    boolean arm = System.getProperty("os.arch").equals("aarch64");
    return entry.contains("linux")
        && (arm
            ? entry.contains("arm64") || entry.contains("aarch64")
            : entry.contains("x86_64") || entry.contains("x86-64"));
  }

  /**
   * Writes all of it; {@code written} is told of every file. Of a library that was named by several
   * links to it, as development packages have them, links are made.
   */
  void write(BundleSink sink, Runnable written) throws IOException {
    sink.addText("viditq", resource("viditq.sh"), true);
    Map<Path, String> libraries = new HashMap<>();
    for (Map.Entry<String, Path> file : files.entrySet()) {
      if (file.getKey().startsWith(NATIVE)) {
        String name = file.getKey().substring(NATIVE.length());
        String first = libraries.putIfAbsent(file.getValue().toRealPath(), name);
        if (first != null) {
          sink.addLink(file.getKey(), first);
          written.run();
          continue;
        }
      }
      boolean program =
          file.getKey().startsWith("runtime/bin/")
              || file.getKey().equals("runtime/lib/jspawnhelper");
      sink.add(file.getKey(), file.getValue(), program);
      written.run();
    }
  }

  static String resource(String name) {
    try (InputStream stream = BundleContents.class.getResourceAsStream(name)) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Bytes of all files whose names start so, links aside. */
  long bytes(String prefix) throws IOException {
    long bytes = 0;
    Set<Path> libraries = new HashSet<>();
    for (Map.Entry<String, Path> file : files.entrySet()) {
      if (file.getKey().startsWith(prefix)
          && (!file.getKey().startsWith(NATIVE) || libraries.add(file.getValue().toRealPath()))) {
        bytes += Files.size(file.getValue());
      }
    }
    return bytes;
  }
}
