package org.viditq.core.model.hunyuan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.model.CheckedInputs;
import org.viditq.core.model.Conditioning;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.DenoiserValues;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.InputSpec;
import org.viditq.core.model.InputSpec.Axis;
import org.viditq.core.model.LatentGeometry;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.PreparedDenoiser;
import org.viditq.core.model.SamplingDefaults;
import org.viditq.core.model.size.SizeBins;
import org.viditq.core.model.size.StandardSizes;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;

/**
 * A HunyuanDiT as pipelines and plans know it.
 *
 * @param config what it is made of
 */
public record HunyuanModel(HunyuanConfig config) implements DenoiserModel {
  /** {@code original_size} of the published pipeline: height and width of an uncropped picture. */
  private static final int ORIGINAL_SIZE = 1024;

  @Override
  public String family() {
    return HunyuanFamily.NAME;
  }

  @Override
  public LatentGeometry latents() {
    return LatentGeometry.image(
        config.inChannels(), config.outChannels(), config.patchSize(), config.sampleSize());
  }

  @Override
  public List<InputSpec> inputs() {
    Axis tokens = Axis.fixed(config.textTokens());
    Axis tokens2 = Axis.fixed(config.text2Tokens());
    List<InputSpec> own = new ArrayList<>();
    own.add(InputSpec.of(InputNames.TEXT, Axis.BATCH, tokens, Axis.fixed(config.textFeatures())));
    own.add(InputSpec.of(InputNames.MASK, Axis.BATCH, tokens));
    own.add(
        InputSpec.of(InputNames.TEXT_2, Axis.BATCH, tokens2, Axis.fixed(config.text2Features())));
    own.add(InputSpec.of(InputNames.MASK_2, Axis.BATCH, tokens2));
    if (config.sizeConditions()) {
      own.add(
          InputSpec.of(InputNames.IMAGE_SIZES, Axis.BATCH, Axis.fixed(HunyuanConditions.SIZES)));
      own.add(InputSpec.of(InputNames.STYLE, Axis.BATCH));
    }
    return latents().inputs(own.toArray(InputSpec[]::new));
  }

  @Override
  public Conditioning conditioning(String pipelineClass) {
    return new Conditioning.TwoTexts(
        config.textFeatures(), config.textTokens(), config.text2Features(), config.text2Tokens());
  }

  @Override
  public SamplingDefaults samplingDefaults() {
    return SamplingDefaults.pictures(50, 5.0);
  }

  @Override
  public Optional<SizeBins> sizeBins() {
    return Optional.of(new StandardSizes());
  }

  /** As the published pipeline has them: an uncropped picture of 1024 pixels, style 0. */
  @Override
  public Map<String, Tensor> sizeInputs(int batch, int height, int width) {
    if (!config.sizeConditions()) {
      return Map.of();
    }
    float[] sizes = {ORIGINAL_SIZE, ORIGINAL_SIZE, height, width, 0, 0};
    Tensor all = Tensor.zeros(batch, sizes.length);
    for (int i = 0; i < batch; i++) {
      System.arraycopy(sizes, 0, all.data(), i * sizes.length, sizes.length);
    }
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    inputs.put(InputNames.IMAGE_SIZES, all);
    inputs.put(InputNames.STYLE, Tensor.zeros(batch));
    return inputs;
  }

  @Override
  public List<LinearLayer> linearLayers() {
    return HunyuanLayers.of(config);
  }

  @Override
  public List<String> otherParts() {
    return HunyuanLayers.OTHER_PARTS;
  }

  @Override
  public <V> PreparedDenoiser<V> prepare(Parameters parameters, Operators<V> operators) {
    HunyuanTransformer<V> transformer = new HunyuanTransformer<>(config, parameters, operators);
    return (values, cache) -> {
      DenoiserValues<V> inputs = new CheckedInputs<>(family(), inputs(), values, operators::shape);
      V latents = inputs.get(InputNames.LATENTS);
      latents().requireWholePatches(operators.shape(latents));
      return transformer.forward(latents, inputs, cache);
    };
  }
}
