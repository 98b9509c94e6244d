package org.viditq.tests.library;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What Maven Central and programs ask of the poms of everything that is published. */
class PublishedArtifactsTest {
  @Test
  void everyArtifactSaysWhatItIs() throws Exception {
    for (Module module : Module.published()) {
      assertThat(module.text("artifactId")).startsWith("viditq");
      assertThat(module.text("name")).as(module.artifact()).isEqualTo(module.artifact());
      assertThat(module.text("description")).as(module.artifact()).endsWith(".");
      if (!module.has("parent")) {
        assertThat(List.of("url", "licenses", "developers", "scm"))
            .as(module.artifact())
            .allMatch(module::has);
        assertThat(module.text("url")).as(module.artifact()).isEqualTo("${viditq.url}");
      }
    }
  }

  @Test
  void allHaveOneVersion() throws Exception {
    assertThat(Module.published()).extracting(Module::version).containsOnly(version());
    assertThat(Files.readString(Module.PROJECT.resolve("README.md")))
        .contains("<version>" + version() + "</version>");
  }

  private static String version() throws Exception {
    return Module.of(Module.PROJECT).version();
  }

  @Test
  void theBomHasEveryJarAndItsNatives() throws Exception {
    List<String> expected = new ArrayList<>();
    for (Module module : Module.published()) {
      if (module.hasJar()) {
        expected.add(module.artifact());
        if (module.buildsNatives()) {
          expected.add(module.artifact() + ":linux-x86_64");
        }
      }
    }
    assertThat(Module.of(Module.PROJECT.resolve("bom")).managed())
        .containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void theBomReleasesWithThePluginsOfTheParent() throws Exception {
    assertThat(Module.of(Module.PROJECT).properties())
        .containsAllEntriesOf(Module.of(Module.PROJECT.resolve("bom")).properties());
  }

  @Test
  void moduleNamesAreThoseOfThePackages() throws Exception {
    Set<String> names = new HashSet<>();
    for (Module module : Module.published()) {
      if (module.hasJar()) {
        String name = module.properties().get("automatic.module.name");
        assertThat(name)
            .as(module.artifact())
            .isEqualTo(module.artifact().replace("viditq-", "org.viditq."));
        assertThat(names.add(name)).as(name).isTrue();
        assertThat(module.folder().resolve("src/main/java").resolve(name.replace('.', '/')))
            .isDirectory();
      }
    }
  }
}
