package org.viditq.tests.model;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.viditq.core.error.InvalidCheckpointException;

/** Takes one tensor at a time from a golden case's weights. */
final class MissingTensors {
  private MissingTensors() {}

  /**
   * Requires that building the model without it names each tensor.
   *
   * @param optional names of tensors that the model can do without
   */
  static void requireNamed(String fixture, Consumer<FixtureWeights> build, List<String> optional) {
    Set<String> needed = new LinkedHashSet<>(FixtureWeights.of(fixture).names());
    needed.removeAll(optional);
    for (String name : needed) {
      FixtureWeights weights = FixtureWeights.of(fixture).without(name);
      assertThatThrownBy(() -> build.accept(weights))
          .isInstanceOf(InvalidCheckpointException.class)
          .hasMessageContaining(name);
    }
  }
}
