package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A sweep on Spark gives the file of one process. */
@Tag("slow")
@Timeout(value = 1200, unit = TimeUnit.SECONDS)
class SparkTest {
  private static final String SAMPLE = "../samples/pixart-mini";
  private static final Path JARS = Path.of("../java/spark/target/lib");
  private static final Pattern ADDRESS = Pattern.compile("Starting Spark master at (spark://\\S+)");

  @TempDir private static Path shared;
  private static Path whole;

  @TempDir private Path folder;
  private final List<Process> started = new ArrayList<>();

  @BeforeAll
  static void oneProcess() {
    assertThat(JARS).as("java/spark has been built").isDirectory();
    whole = shared.resolve("whole.json");
    CommandRun.of(sweep(whole)).succeeded();
  }

  @AfterEach
  void end() throws InterruptedException {
    for (Process process : started) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().waitFor();
    }
  }

  private static String[] sweep(Path out, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "sensitivity",
                "--model",
                SAMPLE,
                "--prompt",
                "a large red circle on a white background",
                "--steps",
                "2",
                "--unit",
                "type",
                "--bits",
                "8,4",
                "--ranges",
                "2",
                "--out",
                out.toString()));
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  private static String[] onSpark(Path out, String master) {
    return sweep(
        out,
        "--spark",
        master,
        "--spark-conf",
        "spark.driver.host=127.0.0.1",
        "--spark-conf",
        "spark.driver.bindAddress=127.0.0.1",
        "--spark-conf",
        "spark.executor.memory=512m");
  }

  @Test
  void local() {
    Path out = folder.resolve("local.json");
    CommandRun.of(onSpark(out, "local[2]")).succeeded();
    assertThat(out).hasSameBinaryContentAs(whole);
  }

  @Test
  void standaloneWithAWorkerThatIsKilled() throws Exception {
    Path installation = Files.createDirectories(folder.resolve("spark"));
    Files.createSymbolicLink(installation.resolve("jars"), JARS.toRealPath());
    Path said = folder.resolve("master");
    start(
        installation,
        said,
        "org.apache.spark.deploy.master.Master",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--webui-port",
        "0");
    String master = address(said);
    List<Process> workers = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      workers.add(
          start(
              installation,
              folder.resolve("worker" + i),
              "org.apache.spark.deploy.worker.Worker",
              "--host",
              "127.0.0.1",
              "--webui-port",
              "0",
              "--cores",
              "1",
              "--memory",
              "1g",
              "--work-dir",
              folder.resolve("work" + i).toString(),
              master));
    }
    Path out = folder.resolve("cluster.json");
    Path errors = folder.resolve("errors");
    Process run = ChildJava.viditq(errors, onSpark(out, master));
    started.add(run);
    // Prompts and reference first; then results of units.
    Path partial = folder.resolve(".cluster.json.partial");
    while (count(partial) < 4) {
      assertThat(run.isAlive()).as(Files.readString(errors)).isTrue();
      Thread.sleep(20);
    }
    // With its executor and what that has started.
    List<ProcessHandle> below = workers.get(0).descendants().toList();
    workers.get(0).destroyForcibly();
    below.forEach(ProcessHandle::destroyForcibly);

    assertThat(run.waitFor()).as(Files.readString(errors)).isZero();
    assertThat(out).hasSameBinaryContentAs(whole);
  }

  private Process start(Path installation, Path output, String... command) throws IOException {
    List<String> words = new ArrayList<>(ChildJava.command());
    words.add("-Xmx256m");
    for (String opened : List.of("java.lang", "java.nio", "java.util", "sun.nio.ch")) {
      words.add("--add-opens=java.base/" + opened + "=ALL-UNNAMED");
    }
    words.addAll(List.of("-cp", installation.resolve("jars") + "/*"));
    words.addAll(List.of(command));
    ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
    builder.environment().put("SPARK_HOME", installation.toString());
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    // What the scripts of an installation set.
    builder.environment().put("SPARK_SCALA_VERSION", "2.13");
    builder.environment().remove("CLASSPATH");
    Process process = builder.redirectOutput(output.toFile()).start();
    started.add(process);
    return process;
  }

  private String address(Path said) throws Exception {
    while (true) {
      String text = Files.readString(said);
      Matcher found = ADDRESS.matcher(text);
      if (found.find()) {
        return found.group(1);
      }
      assertThat(started.get(0).isAlive()).as(text).isTrue();
      Thread.sleep(50);
    }
  }

  private static int count(Path partial) throws IOException {
    if (!Files.isDirectory(partial)) {
      return 0;
    }
    try (Stream<Path> files = Files.list(partial)) {
      return (int)
          files.filter(file -> file.getFileName().toString().endsWith(".safetensors")).count();
    }
  }
}
