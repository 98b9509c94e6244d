package org.viditq.tests.library;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.cli.Main;

/**
 * The program of the README's "As a library", in a project of its own in an empty folder, built and
 * run by Maven without a network against the artifacts of this build.
 */
@Tag("slow")
class LibraryProgramTest {
  private static final Path SAMPLE = Module.PROJECT.resolve("samples/pixart-mini");

  @TempDir private Path folder;

  @Test
  void theProgramOfTheReadmeBuildsAndRuns() throws Exception {
    assertThat(Module.of(Module.PROJECT.resolve("java/api")).jars())
        .as("packaged before this module's tests run, by mvn verify as by mvn package")
        .isNotEmpty();
    String section = section(Files.readString(Module.PROJECT.resolve("README.md")));
    FileRepository repository =
        FileRepository.create(folder.resolve("repository"), usersRepository(), Module.published());
    Path project = folder.resolve("project");
    Path sources = Files.createDirectories(project.resolve("src/main/java"));
    Files.writeString(sources.resolve("Ring.java"), block(section, "java"));
    Files.writeString(project.resolve("pom.xml"), pom(block(section, "xml")));

    String output =
        maven(
            project,
            repository,
            "compile",
            "exec:java",
            "-Dexec.mainClass=Ring",
            "-Dexec.args=" + SAMPLE);

    assertThat(output).contains("ENCODING 2/2", "SAMPLING 20/20", "DECODING 1/1");
    assertThat(output).doesNotContain("is left out");
    assertThat(pixels(project.resolve("ring.png"))).isEqualTo(pixels(ofCommand()));
  }

  /** The same picture by the viditq command. */
  private Path ofCommand() {
    Path file = folder.resolve("command.png");
    StringWriter errors = new StringWriter();
    System.setProperty("viditq.home", "..");
    int code =
        Main.run(
            new PrintWriter(new StringWriter()),
            new PrintWriter(errors),
            "generate",
            "--model",
            SAMPLE.toString(),
            "--plan",
            "w8a8",
            "--prompt",
            "a red ring on a gray background",
            "--seed",
            "42",
            "--out",
            file.toString());
    assertThat(code).as(errors.toString()).isZero();
    return file;
  }

  private static int[] pixels(Path file) throws Exception {
    BufferedImage image = ImageIO.read(file.toFile());
    return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
  }

  private static String section(String readme) {
    int begin = readme.indexOf("\n## As a library\n");
    assertThat(begin).as("the section").isPositive();
    return readme.substring(begin, readme.indexOf("\n## ", begin + 1));
  }

  /** The one block of a language. */
  private static String block(String section, String language) {
    List<String> blocks =
        Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL)
            .matcher(section)
            .results()
            .map(found -> found.group(1))
            .toList();
    assertThat(blocks).as(language).hasSize(1);
    return blocks.get(0);
  }

  /** A project with the dependencies of the README, on the plugins that this project uses. */
  private static String pom(String dependencies) throws Exception {
    Map<String, String> versions = Module.of(Module.PROJECT).properties();
    return """
        <project xmlns="http://maven.apache.org/POM/4.0.0">
          <modelVersion>4.0.0</modelVersion>
          <groupId>org.example</groupId>
          <artifactId>ring</artifactId>
          <version>1</version>
          <properties>
            <maven.compiler.release>17</maven.compiler.release>
            <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
          </properties>
          %s
          <build>
            <plugins>
              <plugin>
                <artifactId>maven-compiler-plugin</artifactId>
                <version>%s</version>
              </plugin>
              <plugin>
                <artifactId>maven-resources-plugin</artifactId>
                <version>%s</version>
              </plugin>
              <plugin>
                <groupId>org.codehaus.mojo</groupId>
                <artifactId>exec-maven-plugin</artifactId>
                <version>%s</version>
              </plugin>
            </plugins>
          </build>
        </project>
        """
        .formatted(
            dependencies,
            versions.get("compiler-plugin.version"),
            versions.get("resources-plugin.version"),
            versions.get("exec-plugin.version"));
  }

  private static String maven(Path project, FileRepository repository, String... arguments)
      throws Exception {
    List<String> command =
        new ArrayList<>(List.of("mvn", "-B", "-o", "-Dmaven.repo.local=" + repository.root()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(project.toFile()).redirectErrorStream(true);
    // Maven and the program end within seconds.
    builder
        .environment()
        .merge("MAVEN_OPTS", "-XX:TieredStopAtLevel=1", (given, more) -> given + " " + more);
    Process process = builder.start();
    try {
      String output = new String(process.getInputStream().readAllBytes());
      assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
      assertThat(process.exitValue()).as(output).isZero();
      return output;
    } finally {
      process.destroyForcibly();
    }
  }

  /** Surefire says which one this build uses. */
  private static Path usersRepository() {
    return Path.of(
        System.getProperty("localRepository", System.getProperty("user.home") + "/.m2/repository"));
  }
}
