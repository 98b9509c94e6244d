package org.viditq.quantize;

import java.util.List;
import java.util.Random;
import org.viditq.core.checkpoint.MemoryCheckpoint;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.calibrate.CalibrationRecorder;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.calibrate.SecondMomentRecorder;

/**
 * Two layers wide enough to be rotated, and inputs whose channels go together and differ in size.
 */
public final class SchemeModel {
  public static final String LAYER = "blocks.0.attn.q";
  public static final String OTHER = "blocks.0.mlp.fc1";
  public static final int IN = 48;
  public static final int OUT = 20;

  private SchemeModel() {}

  public static MemoryCheckpoint weights() {
    Random random = new Random(1);
    return new MemoryCheckpoint(
        "two layers",
        List.of(
            MemoryTensor.of(LAYER + ".weight", TinyModel.normal(random, OUT, IN)),
            MemoryTensor.of(LAYER + ".bias", TinyModel.normal(random, OUT)),
            MemoryTensor.of(OTHER + ".weight", TinyModel.normal(random, OUT, IN))));
  }

  public static DenoiserModel model() {
    return new ListedModel(
        List.of(
            LinearLayer.inBlock(LAYER, LinearLayer.Type.SELF_ATTENTION, IN, OUT),
            LinearLayer.inBlock(OTHER, LinearLayer.Type.FEED_FORWARD, IN, OUT)));
  }

  /**
   * [2, tokens, IN]: four directions and noise; a few channels are large; late ones have a mean.
   */
  public static Tensor input(long seed, int tokens, double timestep) {
    Random directions = new Random(7);
    double[][] mixing = new double[4][IN];
    for (double[] direction : mixing) {
      for (int c = 0; c < IN; c++) {
        direction[c] = directions.nextGaussian();
      }
    }
    Random random = new Random(seed);
    Tensor x = Tensor.zeros(2, tokens, IN);
    for (int row = 0; row < 2 * tokens; row++) {
      double[] along = new double[4];
      for (int k = 0; k < 4; k++) {
        along[k] = random.nextGaussian();
      }
      for (int c = 0; c < IN; c++) {
        double value = 0.3 * random.nextGaussian() + (timestep > 500 ? 0.5 : -0.2);
        for (int k = 0; k < 4; k++) {
          value += along[k] * mixing[k][c];
        }
        x.data()[row * IN + c] = (float) (c % 16 == 5 ? 20 * value : value);
      }
    }
    return x;
  }

  /** With second moments for timesteps up to 500 and from 501 on. */
  public static CalibrationStatistics statistics() {
    CalibrationRecorder recorder = CalibrationRecorder.everySecondStep();
    SecondMomentRecorder moments =
        new SecondMomentRecorder(
            List.of(TimestepRange.closed(0, 500), TimestepRange.closed(501, 1000)));
    double[] timesteps = {900, 700, 400, 100};
    for (int i = 0; i < timesteps.length; i++) {
      Tensor x = input(20 + i, 40, timesteps[i]);
      recorder.begin(timesteps[i]);
      recorder.observe(List.of(LAYER, OTHER), x, 1);
      moments.begin(timesteps[i]);
      moments.observe(List.of(LAYER, OTHER), x, 1);
    }
    return recorder.statistics("schemes").with(moments.moments());
  }
}
