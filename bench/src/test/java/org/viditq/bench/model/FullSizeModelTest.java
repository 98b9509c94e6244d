package org.viditq.bench.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.LinearLayer;

class FullSizeModelTest {
  @Test
  void fewerBlocksAreLikeThoseOfTheWhole() {
    FullSizeModel whole = FullSizeModel.named("stdit-xl-2");
    FullSizeModel shallow = whole.withBlocks(3);
    assertThat(whole.blocks()).isEqualTo(28);
    assertThat(shallow.blocks()).isEqualTo(3);
    assertThat(whole.config().getInt("depth")).isEqualTo(28);
    assertThat(shallow.model().linearLayers())
        .hasSizeLessThan(whole.model().linearLayers().size())
        .allMatch(whole.model().linearLayers()::contains);
    assertThat(shallow.model().linearLayers().stream().filter(LinearLayer::quantizedByDefault))
        .hasSize(3 * 9);
    assertThat(shallow.model().latents()).isEqualTo(whole.model().latents());
  }

  @ParameterizedTest
  @FieldSource("org.viditq.bench.model.FullSizeModel#NAMES")
  void everyModelCanBeCut(String name) {
    FullSizeModel whole = FullSizeModel.named(name);
    assertThat(whole.withBlocks(2).model().linearLayers())
        .hasSizeLessThan(whole.model().linearLayers().size());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 29})
  void aNumberOfBlocksThatAreNotThereIsRefused(int blocks) {
    FullSizeModel model = FullSizeModel.named("pixart-sigma-xl");
    assertThatThrownBy(() -> model.withBlocks(blocks))
        .isInstanceOf(UsageException.class)
        .hasMessage(
            "pixart-sigma-xl has 28 blocks, of which 1 at least may be left, not " + blocks + ".");
  }
}
