package org.viditq.quantize.apply;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BlockwiseQuantizationTest {
  @Test
  void blocksAreWhatNamesShareUpToTheFirstNumber() {
    Set<String> names =
        new LinkedHashSet<>(
            List.of(
                "transformer_blocks.0.attn1.to_q",
                "transformer_blocks.0.ff.net.0.proj",
                "transformer_blocks.10.ff.net.2",
                "temporal_transformer_blocks.0.attn1.to_q",
                "transformer_blocks.1.attn1.to_q",
                "proj_out",
                "transformer_blocks.0.attn2.to_k"));
    assertThat(BlockwiseQuantization.blocks(names))
        .containsExactly(
            Set.of(
                "transformer_blocks.0.attn1.to_q",
                "transformer_blocks.0.ff.net.0.proj",
                "transformer_blocks.0.attn2.to_k"),
            Set.of("transformer_blocks.10.ff.net.2"),
            Set.of("temporal_transformer_blocks.0.attn1.to_q"),
            Set.of("transformer_blocks.1.attn1.to_q"),
            Set.of("proj_out"));
  }
}
