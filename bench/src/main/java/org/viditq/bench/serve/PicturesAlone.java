package org.viditq.bench.serve;

import java.nio.file.Path;
import java.util.Optional;
import org.viditq.api.Generated;
import org.viditq.api.Generation;
import org.viditq.api.Pipeline;
import org.viditq.api.PipelineOptions;
import org.viditq.media.EncodingOptions;
import org.viditq.media.MediaFormat;

/** Pictures made one by one by the library, which a server's must equal. */
final class PicturesAlone implements AutoCloseable {
  private final Pipeline pipeline;

  PicturesAlone(Path model, Optional<String> plan) {
    this.pipeline =
        Pipeline.open(
            model, plan.map(PipelineOptions.DEFAULT::withPlan).orElse(PipelineOptions.DEFAULT));
  }

  /** The {@link PictureHash} of what a request asks for. */
  String hash(RequestMix mix, int request) {
    Generation generation =
        Generation.of(mix.prompt(request)).withSeed(request).withSteps(mix.steps());
    String size = mix.size(request);
    if (!size.equals("auto")) {
      int x = size.indexOf('x');
      generation =
          generation.withSize(
              Integer.parseInt(size.substring(0, x)), Integer.parseInt(size.substring(x + 1)));
    }
    Generated made = pipeline.generate(generation);
    return PictureHash.of(
        MediaFormat.PNG.encode(made.clip(), made.provenance(), EncodingOptions.DEFAULT));
  }

  @Override
  public void close() {
    pipeline.close();
  }
}
