package org.viditq.tensorrt.run;

import java.util.Map;
import org.viditq.core.model.InputNames;
import org.viditq.core.pipeline.DecoderNetwork;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.tensor.Tensor;

/** The decoder of an autoencoder as an engine. */
final class EngineDecoder implements DecoderNetwork {
  private final NetworkRun run;

  /**
   * @param run of an {@link org.viditq.onnx.AutoencoderGraph}, closed with this
   */
  EngineDecoder(NetworkRun run) {
    this.run = run;
  }

  @Override
  public Tensor decode(Tensor latents, ProgressListener progress) {
    run.ready(Map.of(InputNames.LATENTS, latents.shape()), progress);
    run.upload(InputNames.LATENTS, latents);
    return run.run();
  }

  @Override
  public void close() {
    run.close();
  }
}
