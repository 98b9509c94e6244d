package org.viditq.tensorrt.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.core.error.UsageException;
import org.viditq.core.tensor.Shape;
import org.viditq.onnx.GraphFile;
import org.viditq.tensorrt.engine.Profile;

class ProfileExtentsTest {
  @TempDir static Path folder;

  private static Graphs graphs;
  private static GraphFile graph;

  @BeforeAll
  static void export() {
    graphs = new Graphs();
    graph = graphs.file(8, folder.resolve("graph"));
  }

  @AfterAll
  static void close() {
    graphs.close();
  }

  private static Profile profile(Map<String, Integer> min, Map<String, Integer> max) {
    return new ProfileExtents(min, Graphs.EXTENTS, max).of(graph);
  }

  private static void assertRefused(ProfileExtents extents, String... words) {
    assertThatThrownBy(() -> extents.of(graph))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll(words)
        .hasMessageMatching("[^\n]*\\.");
  }

  @Test
  void withoutEndsAProfileIsOfOneSize() {
    Profile profile = profile(Map.of(), Map.of());
    assertThat(profile.inputs().get("latents")).isEqualTo(Profile.Range.of(Shape.of(2, 4, 8, 8)));
    assertThat(profile.inputs().get("timesteps")).isEqualTo(Profile.Range.of(Shape.of(2)));
    assertThat(profile.inputs().keySet())
        .containsExactlyInAnyOrderElementsOf(
            graph.inputs().stream().map(GraphFile.Value::name).toList());
  }

  @Test
  void anExtentIsTheSameInAllInputs() {
    Profile profile = profile(Map.of("batch", 1), Map.of("tokens", 20, "width", 16));
    assertThat(profile.inputs().get("latents"))
        .isEqualTo(
            new Profile.Range(Shape.of(1, 4, 8, 8), Shape.of(2, 4, 8, 8), Shape.of(2, 4, 8, 16)));
    assertThat(profile.inputs().get("mask"))
        .isEqualTo(new Profile.Range(Shape.of(1, 10), Shape.of(2, 10), Shape.of(2, 20)));
  }

  @Test
  void everyOpenExtentIsToBeChosen() {
    Map<String, Integer> some = new TreeMap<>(Graphs.EXTENTS);
    some.remove("tokens");
    assertRefused(
        new ProfileExtents(Map.of(), some, Map.of()), "extent tokens is open", "--opt tokens=N");
  }

  @Test
  void anUnknownExtentIsRefused() {
    assertRefused(
        new ProfileExtents(Map.of("frames", 2), Graphs.EXTENTS, Map.of()),
        "no extent frames",
        "batch, height, tokens, width");
  }

  @Test
  void extentsMustRise() {
    assertRefused(
        new ProfileExtents(Map.of("batch", 3), Graphs.EXTENTS, Map.of()), "batch", "3, 2 and 2");
    assertRefused(
        new ProfileExtents(Map.of(), Graphs.EXTENTS, Map.of("batch", 1)), "batch", "2, 2 and 1");
    assertRefused(new ProfileExtents(Map.of("batch", 0), Graphs.EXTENTS, Map.of()), "batch");
    assertRefused(
        new ProfileExtents(
            Map.of(), Graphs.EXTENTS, Map.of("height", 99_999_999, "width", 99_999_999)),
        "latents",
        "elements");
  }
}
