package org.viditq.core.pipeline;

import java.util.Optional;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.bert.BertConfig;
import org.viditq.core.model.t5.T5Config;
import org.viditq.core.model.vae.AutoencoderKlConfig;

/**
 * Runs the networks of a pipeline as a whole each. What it makes has been recorded when a method
 * returns, so that {@link Parameters#unused()} is known, and is made ready for extents when they
 * are first asked for; parameters must stay open until then. A method that gives nothing leaves the
 * part to the operators of {@link RecordingBackend#open}, which the implementation says once.
 */
public interface Networks extends AutoCloseable {
  /**
   * A transformer.
   *
   * @param parameters in full precision or quantized, with the weights of all timestep ranges
   * @param release run when the denoiser is closed; not if there is none
   */
  Optional<Denoiser> denoiser(DenoiserModel model, Parameters parameters, Runnable release);

  /** A T5 or mT5 encoder behind its token embedding. */
  Optional<TextNetwork> t5(T5Config config, Parameters parameters);

  /** A BERT encoder behind its token embedding. */
  Optional<TextNetwork> bert(BertConfig config, Parameters parameters);

  /** The decoder of an autoencoder. */
  Optional<DecoderNetwork> decoder(AutoencoderKlConfig config, Parameters parameters);

  /** Releases everything that is not closed yet. */
  @Override
  void close();
}
