package org.viditq.tests.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.model.DenoiserFamilies;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.operators.Operators;
import org.viditq.reference.ReferenceBackend;
import org.viditq.verify.fixture.FixtureCase;
import org.viditq.verify.fixture.FixtureReader;

/** What families say of their linear layers is what their definitions ask for. */
class LinearLayersTest {
  static List<Path> files() {
    return ModelFixtures.files();
  }

  @ParameterizedTest
  @MethodSource("files")
  void listedLayersAreThoseThatTheModelAsksFor(Path file) {
    try (FixtureCase fixture = FixtureReader.open(file);
        Operators<?> operators = new ReferenceBackend().open(1)) {
      DenoiserModel model =
          DenoiserFamilies.model(
              JsonConfig.of(fixture.config(), file.toString()), fixture.weights());
      RequestedLayers requested = new RequestedLayers(fixture.parameters());
      model.prepare(requested, operators);
      assertThat(model.linearLayers())
          .extracting(layer -> layer.name() + " " + layer.inFeatures() + " " + layer.outFeatures())
          .doesNotHaveDuplicates()
          .containsExactlyInAnyOrderElementsOf(requested.linears());
      assertThat(model.linearLayers()).filteredOn(LinearLayer::quantizedByDefault).isNotEmpty();
    }
  }
}
