package org.viditq.serve.work;

import java.util.List;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.ClipDecoder;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.ResidentParts;
import org.viditq.core.tensor.Tensor;
import org.viditq.serve.model.ResidentModels;

/**
 * The decoder that a batch uses, from its first preview or in the end. Several threads may want
 * previews; they take turns.
 */
final class BatchDecoder implements AutoCloseable {
  private final ResidentModels models;
  private final Task.Order order;
  private ResidentParts.Lease<ClipDecoder> lease;

  /**
   * @param order one of the batch
   */
  BatchDecoder(ResidentModels models, Task.Order order) {
    this.models = models;
    this.order = order;
  }

  synchronized List<Clip> decode(Tensor latents, GenerationRequest request) {
    if (lease == null) {
      lease = models.decoder(order.model(), order.plan());
    }
    return lease.part().decode(latents, request, ProgressListener.NONE);
  }

  @Override
  public synchronized void close() {
    if (lease != null) {
      lease.close();
    }
  }
}
