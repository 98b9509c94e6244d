package org.viditq.cli.bundle;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import org.viditq.core.error.OutputException;
import org.viditq.core.error.UsageException;

/** A Java runtime of the modules that a class path needs, by jdeps and jlink of the running JDK. */
final class RuntimeImage {
  /** Found by service loaders alone: zip file systems, and charsets beyond the usual ones. */
  private static final Set<String> BEHIND_SERVICES = Set.of("jdk.zipfs", "jdk.charsets");

  private RuntimeImage() {}

  /**
   * Makes a runtime.
   *
   * @param classPath jars and folders of classes
   * @param roots those of them that are ours, from which everything used is reached
   * @param target a folder that does not exist yet
   * @throws UsageException if this Java has no jdeps and jlink
   * @throws OutputException if they fail
   */
  static void create(List<Path> classPath, List<Path> roots, Path target) {
    Set<String> modules = new TreeSet<>(modules(classPath, roots));
    modules.addAll(BEHIND_SERVICES);
    run(
        "jlink",
        List.of(
            "--add-modules",
            String.join(",", modules),
            "--strip-debug",
            "--no-header-files",
            "--no-man-pages",
            "--compress=2",
            "--output",
            target.toString()));
  }

  private static List<String> modules(List<Path> classPath, List<Path> roots) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "-recursive",
                "--ignore-missing-deps",
                "--print-module-deps",
                "--multi-release",
                "17",
                "--class-path",
                classPath.stream().map(Path::toString).collect(Collectors.joining(":"))));
    roots.forEach(root -> arguments.add(root.toString()));
    String printed = run("jdeps", arguments);
    // Warnings of split packages may come before the line that counts.
    String last = printed.strip().lines().reduce((first, second) -> second).orElse("");
    return List.of(last.strip().split(","));
  }

  private static String run(String name, List<String> arguments) {
    ToolProvider tool =
        ToolProvider.findFirst(name)
            .orElseThrow(
                () ->
                    new UsageException(
                        "This Java, "
                            + System.getProperty("java.home")
                            + ", has no "
                            + name
                            + "; run viditq with a JDK, whose JAVA_HOME you set."));
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status =
        tool.run(new PrintWriter(out), new PrintWriter(err), arguments.toArray(String[]::new));
    if (status != 0) {
      throw new OutputException(
          name
              + " could not make the Java runtime: "
              + (err.toString() + out).strip().lines().findFirst().orElse("no reason given"));
    }
    return out.toString();
  }
}
