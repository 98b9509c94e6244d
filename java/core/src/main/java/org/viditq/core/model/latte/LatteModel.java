package org.viditq.core.model.latte;

import java.util.List;
import java.util.OptionalInt;
import org.viditq.core.model.Conditioning;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.InputSpec;
import org.viditq.core.model.InputSpec.Axis;
import org.viditq.core.model.LatentGeometry;
import org.viditq.core.model.LatentGeometry.Patch;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.PreparedDenoiser;
import org.viditq.core.model.SamplingDefaults;
import org.viditq.core.operators.Operators;

/**
 * A Latte as pipelines and plans know it.
 *
 * @param config what it is made of
 */
public record LatteModel(LatteConfig config) implements DenoiserModel {
  private static final int TEXT_TOKENS = 120;
  private static final int FRAMES_PER_SECOND = 8;

  @Override
  public String family() {
    return "Latte";
  }

  @Override
  public LatentGeometry latents() {
    return new LatentGeometry(
        config.inChannels(),
        config.outChannels(),
        Patch.square(config.patchSize()),
        OptionalInt.of(config.frames()),
        config.sampleSize(),
        config.sampleSize());
  }

  @Override
  public List<InputSpec> inputs() {
    return isTextToVideo()
        ? latents()
            .inputs(
                InputSpec.of(
                    InputNames.TEXT,
                    Axis.BATCH,
                    Axis.TOKENS,
                    Axis.fixed(config.captionChannels().getAsInt())),
                InputSpec.optional(InputNames.MASK, Axis.BATCH, Axis.TOKENS))
        : latents().inputs(InputSpec.of(InputNames.LABELS, Axis.BATCH));
  }

  @Override
  public Conditioning conditioning(String pipelineClass) {
    return isTextToVideo()
        ? new Conditioning.Text(
            config.captionChannels().getAsInt(), TEXT_TOKENS, Conditioning.Padding.MASK_OF_PROMPT)
        : new Conditioning.Classes(config.classes());
  }

  @Override
  public SamplingDefaults samplingDefaults() {
    return isTextToVideo()
        ? new SamplingDefaults(50, 7.5, FRAMES_PER_SECOND)
        : new SamplingDefaults(250, 7, FRAMES_PER_SECOND);
  }

  /** A single frame of the text-to-video form gets no position. */
  @Override
  public int fewestRecordedFrames() {
    return isTextToVideo() ? 2 : 1;
  }

  @Override
  public List<LinearLayer> linearLayers() {
    return LatteLayers.of(config);
  }

  @Override
  public List<String> otherParts() {
    return LatteLayers.OTHER_PARTS;
  }

  @Override
  public <V> PreparedDenoiser<V> prepare(Parameters parameters, Operators<V> operators) {
    return new LatteTransformer<>(config, parameters, operators);
  }

  private boolean isTextToVideo() {
    return config.layout() == LatteLayout.TEXT_TO_VIDEO;
  }
}
