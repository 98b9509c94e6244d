package org.viditq.bench.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.model.LinearLayer.Type;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.calibrate.CalibrationStatisticsFile;

/** Statistics of random inputs are such as {@code viditq quantize} reads. */
class RandomStatisticsTest {
  @TempDir Path folder;

  @Test
  void layersThatShareAnInputShareItsMoments() {
    List<LinearLayer> layers =
        List.of(
            LinearLayer.inBlock("block.attn1.to_q", Type.SELF_ATTENTION, 16, 16),
            LinearLayer.inBlock("block.attn1.to_k", Type.SELF_ATTENTION, 16, 16),
            LinearLayer.inBlock("block.attn1.to_v", Type.SELF_ATTENTION, 16, 16),
            LinearLayer.inBlock("block.ff.net.2", Type.FEED_FORWARD, 64, 16),
            LinearLayer.outsideBlocks("proj_out", Type.EMBEDDING, 16, 8));
    Path file = folder.resolve("statistics.safetensors");
    CalibrationStatisticsFile.write(file, RandomStatistics.of("model", layers));
    CalibrationStatistics read = CalibrationStatisticsFile.read(file);
    assertThat(read.model()).isEqualTo("model");
    assertThat(read.layers())
        .containsExactlyInAnyOrder(
            "block.attn1.to_q", "block.attn1.to_k", "block.attn1.to_v", "block.ff.net.2");
    assertThat(read.secondMoments()).isPresent();
    try (Checkpoint tensors = Checkpoints.open(file)) {
      assertThat(tensors.names().stream().filter(name -> name.startsWith("moment.")))
          .containsExactlyInAnyOrder("moment.block.attn1.to_q.0", "moment.block.ff.net.2.0");
    }
  }
}
