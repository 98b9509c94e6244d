package org.viditq.core.pipeline;

import org.viditq.core.tensor.Tensor;

/** The decoder of an autoencoder that runs as a whole. */
public interface DecoderNetwork extends AutoCloseable {
  /**
   * Decodes frames.
   *
   * @param latents [N, C, h, w] as the denoiser has them; for a temporal decoder the frames of one
   *     clip
   * @param progress told about what is built first
   * @return [N, 3, H, W], about -1 to 1
   */
  Tensor decode(Tensor latents, ProgressListener progress);

  /**
   * How many frames are decoded together at best, where they are independent of each other. Results
   * do not depend on it.
   *
   * @param pixels of a frame
   */
  default int framesTogether(long pixels) {
    return 1;
  }

  @Override
  void close();
}
