package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The launcher's own decisions, with a pretended {@code java} and {@code mvn}: when it builds, what
 * it starts, and what it says when it cannot. {@link FreshCloneTest} starts the real ones.
 */
class LauncherTest {
  private static final Path LAUNCHER = Path.of("..", "viditq").toAbsolutePath().normalize();

  @TempDir Path temp;
  private Path root;
  private Path tools;

  /** A project with one source file, and tools that write down how they were called. */
  @BeforeEach
  void pretendProject() throws IOException {
    root = Files.createDirectory(temp.resolve("project with blank"));
    tools = Files.createDirectory(temp.resolve("tools"));
    Files.copy(LAUNCHER, root.resolve("viditq"));
    script(root.resolve("viditq"), Files.readString(LAUNCHER));
    Files.writeString(root.resolve("pom.xml"), "<project/>");
    Path sources = Files.createDirectories(root.resolve("java/cli/src/main"));
    Files.writeString(sources.resolve("Main.java"), "class Main {}");
    pretendJava("17.0.15");
    script(tools.resolve("javac"), "#!/bin/sh\n");
    pretendMaven("exit 0");
  }

  @Test
  void buildsOnFirstUseAndThenOnlyStarts() throws Exception {
    Result first = launch(root.resolve("viditq"), "demo", "--out", "a b");
    assertThat(first.exitCode).as(first.stderr).isZero();
    assertThat(first.stderr).contains("viditq: building from source");
    assertThat(builds()).isEqualTo(1);
    assertThat(first.stdout).contains("org.viditq.cli.Main|demo|--out|a b|");

    Result second = launch(root.resolve("viditq"), "--version");
    assertThat(second.stderr).isEmpty();
    assertThat(builds()).isEqualTo(1);
    assertThat(second.stdout)
        .contains("-XX:+UseSerialGC|-Xms16m|", "org.viditq.cli.Main|--version|");
  }

  @Test
  void tellsTheJvmWhereHomeIsAndPassesItsOptions() throws Exception {
    Result result =
        launch(root.resolve("viditq"), Map.of("VIDITQ_JAVA_OPTS", "-Xmx2g -XX:+UseG1GC"), "x");
    assertThat(result.stdout)
        .contains("-Dviditq.home=" + root.toRealPath() + "|")
        .contains("|-Dviditq.terminal=false|")
        .contains("|-Xmx2g|-XX:+UseG1GC|")
        .doesNotContain("UseSerialGC", "-Xms");
  }

  /** Java decodes arguments by the locale: under C, "a café" would be another prompt. */
  @ParameterizedTest
  @CsvSource({"C, C.UTF-8", "POSIX, C.UTF-8", "C.UTF-8, C.UTF-8"})
  void bytesAreUtf8InEveryLocale(String locale, String seen) throws Exception {
    Result result = launch(root.resolve("viditq"), Map.of("LC_ALL", locale), "x");
    assertThat(result.stdout).contains("|LC_ALL=" + seen + "|");
  }

  @Test
  void worksThroughASymbolicLinkFromAnyFolder() throws Exception {
    Path elsewhere = Files.createDirectory(temp.resolve("elsewhere"));
    Files.createSymbolicLink(elsewhere.resolve("absolute"), root.resolve("viditq"));
    Files.createSymbolicLink(elsewhere.resolve("vq"), Path.of("absolute"));
    Result result = launchIn(elsewhere, elsewhere.resolve("vq"), Map.of(), "inspect");
    assertThat(result.exitCode).as(result.stderr).isZero();
    assertThat(result.stdout).contains("-Dviditq.home=" + root.toRealPath() + "|");
  }

  @Test
  void buildsAgainWhenASourceIsNewer() throws Exception {
    launch(root.resolve("viditq"), "x");
    Files.setLastModifiedTime(
        root.resolve("java/cli/src/main/Main.java"), FileTime.from(Instant.now().plusSeconds(60)));
    Result result = launch(root.resolve("viditq"), "x");
    assertThat(result.exitCode).as(result.stderr).isZero();
    assertThat(builds()).isEqualTo(2);
  }

  @Test
  void testsAndBuildOutputsAreNoSources() throws Exception {
    launch(root.resolve("viditq"), "x");
    for (String folder : List.of("java/cli/src/test/java", "java/cli/target/src/main")) {
      Path file = Files.createDirectories(root.resolve(folder)).resolve("New.java");
      Files.writeString(file, "class New {}");
      Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(60)));
    }
    launch(root.resolve("viditq"), "x");
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void theBenchmarksAreBuiltOnTheirFirstUseOnly() throws Exception {
    Files.writeString(Files.createDirectories(root.resolve("bench/src")).resolve("B.java"), "");
    launch(root.resolve("viditq"), "x");
    Result first = launch(root.resolve("viditq"), "bench", "gemm");
    assertThat(first.exitCode).as(first.stderr).isZero();
    assertThat(first.stdout).contains("bench-1.jar").contains("Main|bench|gemm|");
    assertThat(launch(root.resolve("viditq"), "bench").stderr).isEmpty();
    Result other = launch(root.resolve("viditq"), "demo", "bench");
    assertThat(other.stderr).isEmpty();
    assertThat(other.stdout).contains("cli-1.jar").doesNotContain("bench-1.jar");
    assertThat(Files.readAllLines(temp.resolve("builds")))
        .hasSize(2)
        .satisfiesExactly(
            cli -> assertThat(cli).contains("-pl java/cli "),
            bench -> assertThat(bench).contains("-pl bench "));
  }

  @Test
  void theServerIsBuiltOnItsFirstUseOnly() throws Exception {
    launch(root.resolve("viditq"), "x");
    Result first = launch(root.resolve("viditq"), "serve", "--port", "0");
    assertThat(first.exitCode).as(first.stderr).isZero();
    assertThat(first.stdout).contains("serve-1.jar").contains("Main|serve|--port|0|");
    assertThat(launch(root.resolve("viditq"), "serve").stderr).isEmpty();
    assertThat(launch(root.resolve("viditq"), "demo", "serve").stdout)
        .contains("cli-1.jar")
        .doesNotContain("serve-1.jar");
    assertThat(builds()).isEqualTo(2);
  }

  @Test
  void runtimesBeforeThePreviousOneGo() throws Exception {
    for (int i = 1; i <= 3; i++) {
      Files.setLastModifiedTime(
          root.resolve("java/cli/src/main/Main.java"),
          FileTime.from(Instant.now().plusSeconds(60 * i)));
      launch(root.resolve("viditq"), "x");
      launch(root.resolve("viditq"), "bench");
    }
    try (var left = Files.list(root.resolve(".viditq"))) {
      assertThat(left.filter(path -> path.getFileName().toString().startsWith("runtime.")))
          .hasSize(4); // of each kind the last two
    }
  }

  @Test
  void twoStartsAtOnceBuildOnce() throws Exception {
    pretendMaven("sleep 1");
    Process one = start(root, root.resolve("viditq"), Map.of(), "one");
    Process two = start(root, root.resolve("viditq"), Map.of(), "two");
    Result first = finish(one);
    Result second = finish(two);
    assertThat(List.of(first.exitCode, second.exitCode))
        .as(first.stderr + second.stderr)
        .containsExactly(0, 0);
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void aFailedBuildIsToldAndLeavesNothing() throws Exception {
    pretendMaven("echo '[ERROR] Main.java:[1,1] class expected'; exit 1");
    Result result = launch(root.resolve("viditq"), "demo");
    assertThat(result.exitCode).isEqualTo(1);
    assertThat(result.stdout).isEmpty();
    assertThat(result.stderr)
        .contains("class expected")
        .contains("viditq: The build failed; the errors are above");
    try (var left = Files.list(root.resolve(".viditq"))) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder("build.log", "lock");
    }
  }

  @Test
  void aFailedBuildKeepsTheOldOneButDoesNotRunIt() throws Exception {
    launch(root.resolve("viditq"), "x");
    Files.setLastModifiedTime(
        root.resolve("java/cli/src/main/Main.java"), FileTime.from(Instant.now().plusSeconds(60)));
    pretendMaven("exit 1");
    Result result = launch(root.resolve("viditq"), "x");
    assertThat(result.exitCode).isEqualTo(1);
    assertThat(result.stdout).isEmpty();
    Files.setLastModifiedTime(
        root.resolve("java/cli/src/main/Main.java"), FileTime.from(Instant.EPOCH));
    assertThat(launch(root.resolve("viditq"), "x").exitCode).isZero();
  }

  @Test
  void thereIsNoJava() throws Exception {
    Files.delete(tools.resolve("java"));
    Result result = launch(root.resolve("viditq"), "demo");
    assertThat(result.exitCode).isEqualTo(1);
    assertThat(result.stderr).contains("There is no java on PATH; install a JDK 17 or newer");
  }

  @Test
  void javaIsTooOld() throws Exception {
    pretendJava("11.0.20");
    Result result = launch(root.resolve("viditq"), "demo");
    assertThat(result.exitCode).isEqualTo(1);
    assertThat(result.stderr).contains("is Java 11.0.20, but viditq needs JDK 17 or newer");
    assertThat(builds()).isZero();
  }

  @Test
  void javaHomeIsWrong() throws Exception {
    Result result = launch(root.resolve("viditq"), Map.of("JAVA_HOME", temp + "/nothing"), "demo");
    assertThat(result.exitCode).isEqualTo(1);
    assertThat(result.stderr)
        .contains("JAVA_HOME is " + temp + "/nothing, which holds no bin/java");
  }

  @Test
  void thereIsNoMaven() throws Exception {
    Files.delete(tools.resolve("mvn"));
    Result result = launch(root.resolve("viditq"), "demo");
    assertThat(result.exitCode).isEqualTo(1);
    assertThat(result.stderr).contains("There is no mvn on PATH to build with; install Maven");
  }

  @Test
  void theExitCodeIsTheCommands() throws Exception {
    pretendJava("17.0.15", "exit 2");
    assertThat(launch(root.resolve("viditq"), "demo").exitCode).isEqualTo(2);
  }

  /** The archive of classes only makes starts faster: that there is none is no news. */
  @Test
  void aCrashOverTheArchiveIsNotSeen() throws Exception {
    pretendJava("17.0.15", "case \"$*\" in *ArchiveClassesAtExit*) kill -ABRT $$ ;; esac");
    Result first = launch(root.resolve("viditq"), "demo");
    assertThat(first.exitCode).as(first.stderr).isZero();
    assertThat(first.stderr.lines()).singleElement().asString().contains("building from source");
    assertThat(first.stdout).contains("org.viditq.cli.Main|demo|");
  }

  /** Java would open its own files under their numbers, and results would go into them. */
  @Test
  void closedStreamsStayTaken() throws Exception {
    launch(root.resolve("viditq"), "x");
    pretendJava(
        "17.0.15",
        "for i in 0 1 2; do to=$(readlink /proc/$$/fd/$i); echo $to >>'" + temp + "/fds'; done");
    shell("exec /bin/bash \"$0\" x <&- >&- 2>&-");
    assertThat(temp.resolve("fds")).hasContent("/dev/null\n/dev/null\n/dev/null");
  }

  @Test
  void limitsThatJavaCannotStartWithin() throws Exception {
    Result files = shell("ulimit -n 60; exec /bin/bash \"$0\" x");
    assertThat(files.exitCode).isEqualTo(1);
    assertThat(files.stderr)
        .isEqualToNormalizingNewlines(
            "viditq: This process may open 60 files only, but needs 128; raise the limit with"
                + " 'ulimit -n 4096'.\n");
    Result addresses = shell("ulimit -v 1000000; exec /bin/bash \"$0\" x");
    assertThat(addresses.exitCode).isEqualTo(1);
    assertThat(addresses.stderr)
        .hasLineCount(1)
        .contains("1000000 KiB of addresses only", "'ulimit -v unlimited'.");
  }

  @Test
  void withinALimitOfAddressesJavaTakesAPart() throws Exception {
    launch(root.resolve("viditq"), "x");
    Result result = shell("ulimit -v 4000000; exec /bin/bash \"$0\" x");
    assertThat(result.exitCode).as(result.stderr).isZero();
    assertThat(result.stdout).contains("|-XX:CompressedClassSpaceSize=64m|", "|-Xmx1000000k|");
  }

  @Test
  void optionsThatJavaRefuses() throws Exception {
    launch(root.resolve("viditq"), "x");
    script(
        tools.resolve("java"),
        "#!/bin/sh\n"
            + "echo 'Error occurred during initialization of VM'; echo 'Too small maximum heap'\n"
            + "exit 1\n");
    Result result = launch(root.resolve("viditq"), Map.of("VIDITQ_JAVA_OPTS", "-Xmx2"), "inspect");
    assertThat(result.exitCode).isEqualTo(1);
    assertThat(result.stdout).isEmpty();
    assertThat(result.stderr)
        .isEqualToNormalizingNewlines(
            "viditq: Java does not start with VIDITQ_JAVA_OPTS=\"-Xmx2\": Error occurred during"
                + " initialization of VM Too small maximum heap.\n");
  }

  /** The launcher, called {@code $0} by a shell's script. */
  private Result shell(String script) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder("/bin/bash", "-c", script, root.resolve("viditq").toString())
            .directory(temp.toFile());
    builder.environment().remove("JAVA_HOME");
    builder.environment().remove("VIDITQ_JAVA_OPTS");
    builder.environment().put("PATH", tools + ":" + shellTools());
    return finish(builder.start());
  }

  private void pretendJava(String version) throws IOException {
    pretendJava(version, "exit 0");
  }

  /** Prints its arguments separated by bars, or its version. */
  private void pretendJava(String version, String end) throws IOException {
    script(
        tools.resolve("java"),
        "#!/bin/sh\n"
            + "if [ \"$1\" = -version ]; then echo 'openjdk version \""
            + version
            + "\"' >&2; exit 0; fi\n"
            + "printf '%s|' \"$CLASSPATH\" \"LC_ALL=$LC_ALL\" \"$@\"\n"
            + end
            + "\n");
  }

  /** Counts its calls and leaves the jars that a build leaves, then does {@code end}. */
  private void pretendMaven(String end) throws IOException {
    script(
        tools.resolve("mvn"),
        "#!/bin/sh\n"
            + "echo \"$@\" >> '"
            + temp
            + "/builds'\n"
            + "for module in java/cli java/serve bench; do\n"
            + "mkdir -p $module/target/lib\n"
            + "touch $module/target/${module##*/}-1.jar $module/target/lib/a.jar\n"
            + "done\n"
            + end
            + "\n");
  }

  private static void script(Path file, String text) throws IOException {
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private int builds() throws IOException {
    Path log = temp.resolve("builds");
    return Files.exists(log) ? Files.readAllLines(log).size() : 0;
  }

  private Result launch(Path launcher, String... arguments) throws Exception {
    return launch(launcher, Map.of(), arguments);
  }

  private Result launch(Path launcher, Map<String, String> environment, String... arguments)
      throws Exception {
    return launchIn(temp, launcher, environment, arguments);
  }

  private Result launchIn(
      Path folder, Path launcher, Map<String, String> environment, String... arguments)
      throws Exception {
    return finish(start(folder, launcher, environment, arguments));
  }

  private Process start(
      Path folder, Path launcher, Map<String, String> environment, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(List.of("/bin/bash", launcher.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().remove("JAVA_HOME");
    builder.environment().remove("VIDITQ_JAVA_OPTS");
    // Only the shell's own tools beside the pretended ones: a java of the machine must not be
    // found.
    builder.environment().put("PATH", tools + ":" + shellTools());
    builder.environment().putAll(environment);
    return builder.start();
  }

  /** A folder with the few commands that the launcher calls, each passed on to the machine's. */
  private Path shellTools() throws IOException {
    Path folder = temp.resolve("shell");
    if (!Files.exists(folder)) {
      Files.createDirectory(folder);
      for (String name :
          List.of(
              "chmod",
              "cp",
              "dirname",
              "find",
              "flock",
              "grep",
              "head",
              "locale",
              "mkdir",
              "mktemp",
              "mv",
              "readlink",
              "rm",
              "sed",
              "sh",
              "sleep",
              "tail",
              "touch",
              "tr")) {
        String real = Files.exists(Path.of("/usr/bin", name)) ? "/usr/bin/" : "/bin/";
        script(folder.resolve(name), "#!/bin/sh\nexec " + real + name + " \"$@\"\n");
      }
    }
    return folder;
  }

  private static Result finish(Process process) throws Exception {
    String stdout = new String(process.getInputStream().readAllBytes());
    String stderr = new String(process.getErrorStream().readAllBytes());
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Result(process.exitValue(), stdout, stderr);
  }

  private record Result(int exitCode, String stdout, String stderr) {}
}
