package org.viditq.quantize;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.viditq.core.checkpoint.MemoryCheckpoint;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.calibrate.CalibrationRecorder;
import org.viditq.quantize.calibrate.CalibrationStatistics;

/** A few layers of random weights and calibration statistics for them. */
public final class TinyModel {
  public static final String ATTENTION = "blocks.0.attn.q";
  public static final String MLP = "blocks.0.mlp.fc1";
  public static final String OUTPUT = "proj_out";
  public static final int CHANNELS = 11;

  private TinyModel() {}

  public static MemoryCheckpoint weights(long seed) {
    Random random = new Random(seed);
    return new MemoryCheckpoint(
        "tiny model",
        List.of(
            MemoryTensor.of(ATTENTION + ".weight", normal(random, 9, CHANNELS), DType.F16),
            MemoryTensor.of(ATTENTION + ".bias", normal(random, 9), DType.F16),
            MemoryTensor.of(MLP + ".weight", normal(random, 16, CHANNELS)),
            MemoryTensor.of(OUTPUT + ".weight", normal(random, 4, CHANNELS), DType.BF16),
            MemoryTensor.of(OUTPUT + ".bias", normal(random, 4)),
            MemoryTensor.of("pos_embed.proj.weight", normal(random, 9, 4, 2, 2)),
            MemoryTensor.of("scale_shift_table", normal(random, 2, CHANNELS))));
  }

  /** The linear layers of {@link #weights}. */
  public static DenoiserModel model() {
    return new ListedModel(
        List.of(
            LinearLayer.inBlock(ATTENTION, LinearLayer.Type.SELF_ATTENTION, CHANNELS, 9),
            LinearLayer.inBlock(MLP, LinearLayer.Type.FEED_FORWARD, CHANNELS, 16),
            LinearLayer.outsideBlocks(OUTPUT, LinearLayer.Type.OUTPUT, CHANNELS, 4)));
  }

  /** Two prompts with guidance, timesteps 900, 600, 300 and 100. */
  public static CalibrationStatistics statistics(long seed, String model) {
    Random random = new Random(seed);
    CalibrationRecorder recorder = CalibrationRecorder.everySecondStep();
    Map<String, Tensor> text = new LinkedHashMap<>();
    text.put(InputNames.TEXT, normal(random, 4, 3, 5));
    text.put(InputNames.MASK, Tensor.full(1, 4, 3));
    List<Double> timesteps = new ArrayList<>(List.of(900.0, 750.0, 600.5, 450.0, 300.0, 200.0));
    timesteps.add(100.0);
    for (int step = 0; step < timesteps.size(); step++) {
      recorder.beforeDenoising(
          step, DenoiserInput.of(normal(random, 4, 4, 2, 2), timesteps.get(step), text));
      recorder.observe(List.of(ATTENTION), normal(random, 4, 6, CHANNELS), 1);
      recorder.observe(List.of(MLP, OUTPUT), normal(random, 4, 6, CHANNELS), 1);
    }
    return recorder.statistics(model);
  }

  public static Tensor normal(Random random, int... dims) {
    Tensor tensor = Tensor.zeros(dims);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = (float) random.nextGaussian();
    }
    return tensor;
  }
}
