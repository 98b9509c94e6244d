package org.viditq.cli.bundle;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.viditq.core.error.OutputException;

/**
 * The shared libraries of this machine that others link to, by {@code ldd}; those of the C library
 * left out, which belong to the kernel's and the loader's side of every Linux.
 */
final class SharedLibraries {
  private static final Pattern LINE = Pattern.compile("\\s*(\\S+) => (/\\S+) \\(0x.*");
  private static final Set<String> C_LIBRARY =
      Set.of("libc", "libm", "libdl", "libpthread", "librt", "libresolv", "libutil", "libanl");

  private SharedLibraries() {}

  /**
   * @param libraries to look at
   * @return files by the names that they are linked under, in order; without {@code libraries}
   */
  static Map<String, Path> neededBy(Collection<Path> libraries) {
    Map<String, Path> needed = new TreeMap<>();
    Set<String> given =
        libraries.stream().map(p -> p.getFileName().toString()).collect(Collectors.toSet());
    for (Path library : libraries) {
      ldd(library)
          .lines()
          .map(LINE::matcher)
          .filter(Matcher::matches)
          .filter(line -> !given.contains(line.group(1)) && !ofTheCLibrary(line.group(1)))
          .forEach(line -> needed.putIfAbsent(line.group(1), Path.of(line.group(2))));
    }
    return needed;
  }

  private static boolean ofTheCLibrary(String name) {
    int end = name.indexOf(".so");
    return end > 0 && C_LIBRARY.contains(name.substring(0, end));
  }

  private static String ldd(Path library) {
    try {
      Process process =
          new ProcessBuilder("ldd", library.toString())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String lines = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor(); // fails for what links to nothing, and says nothing then
      return lines;
    } catch (IOException e) {
      throw new OutputException(
          "There is no ldd on PATH, which tells what a library needs; install the C library's tools.",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OutputException("Interrupted while looking for shared libraries.", e);
    }
  }
}
