package org.viditq.core.pipeline;

/** Told how far the making of pictures has come; called from the thread that makes them. */
@FunctionalInterface
public interface ProgressListener {
  /** The parts of the work, in order. */
  enum Stage {
    /**
     * A network is made ready to run on a backend that takes long for it, amid another stage;
     * counted in whatever units that has.
     */
    BUILDING,
    /** Texts are encoded; counted in prompts. */
    ENCODING,
    /** Latents are denoised; counted in sampling steps. */
    SAMPLING,
    /** Latents are decoded to pictures; counted in pictures. */
    DECODING
  }

  /** Listens to nothing. */
  ProgressListener NONE = (stage, done, total) -> {};

  /** {@code done} of {@code total} units of a stage are finished; called first with 0. */
  void progress(Stage stage, int done, int total);
}
