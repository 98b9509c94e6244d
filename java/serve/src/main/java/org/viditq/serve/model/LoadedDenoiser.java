package org.viditq.serve.model;

import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.LoadedPart;
import org.viditq.quantize.apply.ChosenParameters;

/**
 * A denoiser with what its weights come from.
 *
 * @param parameters closed behind it
 */
public record LoadedDenoiser(Denoiser denoiser, ChosenParameters parameters) implements LoadedPart {
  @Override
  public void releaseIdleMemory() {
    denoiser.releaseIdleMemory();
  }

  @Override
  public void close() {
    try {
      denoiser.close();
    } finally {
      parameters.close();
    }
  }
}
