package org.viditq.core.pipeline;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.UnusedTensors;
import org.viditq.core.model.size.PictureSize;
import org.viditq.core.model.vae.AutoencoderKlConfig;
import org.viditq.core.pipeline.ProgressListener.Stage;
import org.viditq.core.tensor.Tensor;

/** The decoder of a pipeline, loaded. For one thread at a time. */
public final class ClipDecoder implements LoadedPart {
  private final AutoencoderKlConfig config;
  private final Checkpoint weights;
  private final DecoderNetwork network;
  private final Runnable idle;
  private final Runnable release;

  /**
   * @param open makes the parameters ready; must use all of them
   * @param idle gives memory back that no value takes
   * @param release run last when it is closed; not if there is none
   */
  ClipDecoder(
      PipelineFolder folder,
      AutoencoderKlConfig config,
      Function<Parameters, DecoderNetwork> open,
      Runnable idle,
      Runnable release) {
    this.config = config;
    this.idle = idle;
    this.release = release;
    this.weights = folder.checkpoint(Component.VAE);
    try {
      CheckpointParameters parameters = new CheckpointParameters(weights);
      this.network = open.apply(parameters);
      try {
        UnusedTensors.require(parameters.unused(), weights.source(), folder.config(Component.VAE));
      } catch (RuntimeException | Error refused) {
        network.close();
        throw refused;
      }
    } catch (RuntimeException | Error unprepared) {
      weights.close();
      throw unprepared;
    }
  }

  /** Decodes latents [B, C, (T,) h, w] that a request asked for, to clips of its final size. */
  public List<Clip> decode(Tensor latents, GenerationRequest request, ProgressListener progress) {
    return decode(latents, request.framesPerSecond(), request.finalSize(), progress);
  }

  /**
   * Decodes latents [B, C, (T,) h, w].
   *
   * @param finalSize that clips are scaled and cropped to; empty to leave them as they are
   */
  List<Clip> decode(
      Tensor latents,
      double framesPerSecond,
      Optional<PictureSize> finalSize,
      ProgressListener progress) {
    int frames = latents.shape().rank() == 5 ? latents.dim(2) : 1;
    StageCounter decoded = new StageCounter(progress, Stage.DECODING, latents.dim(0) * frames);
    return new LatentDecoder(config, network).decode(latents, framesPerSecond, finalSize, decoded);
  }

  @Override
  public void releaseIdleMemory() {
    idle.run();
  }

  @Override
  public void close() {
    try (weights;
        network) {
      // In reverse order.
    } finally {
      release.run();
    }
  }
}
