package org.viditq.tests.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.model.DenoiserFamilies;
import org.viditq.core.model.DenoiserFamily;
import org.viditq.verify.fixture.FixtureCase;
import org.viditq.verify.fixture.FixtureReader;

/** Families are told from each other by names of classes and of tensors. */
class RecognitionTest {
  static List<Path> files() {
    return ModelFixtures.files();
  }

  @ParameterizedTest
  @MethodSource("files")
  void exactlyOneFamilyRecognizesEachCheckpoint(Path file) {
    try (FixtureCase fixture = FixtureReader.open(file)) {
      assertThat(DenoiserFamilies.all())
          .filteredOn(family -> family.recognizes(fixture.weights()))
          .extracting(family -> family.name().toLowerCase(java.util.Locale.ROOT))
          .singleElement()
          .matches(name -> fixture.op().startsWith("model." + name.substring(0, 3)));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "PixArtTransformer2DModel, , PixArt",
    "Transformer2DModel, ada_norm_single, PixArt",
    "PixArtMS_XL_2, , PixArt",
    "Transformer2DModel, ada_norm_zero, DiT",
    "DiTTransformer2DModel, , DiT",
    "DiT_XL_2, , DiT",
    "DiT-XL/2, , DiT",
    "LatteTransformer3DModel, , Latte",
    "LatteT2V, , Latte",
    "Latte-XL/2, , Latte",
    "STDiT, , STDiT",
    "STDiT-XL/2, , STDiT"
  })
  void exactlyOneFamilyAcceptsEachClass(String className, String normType, String expected) {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("_class_name", className);
    if (normType != null) {
      json.put("norm_type", normType);
    }
    JsonConfig config = JsonConfig.of(json, "config.json");
    assertThat(DenoiserFamilies.all())
        .filteredOn(family -> family.accepts(config))
        .extracting(DenoiserFamily::name)
        .containsExactly(expected);
  }
}
