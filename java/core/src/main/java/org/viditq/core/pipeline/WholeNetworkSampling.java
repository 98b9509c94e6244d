package org.viditq.core.pipeline;

import java.util.Arrays;
import java.util.function.Consumer;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.pipeline.cache.AccumulatedChange;
import org.viditq.core.pipeline.cache.EvaluationCount;
import org.viditq.core.pipeline.cache.StepCaching;
import org.viditq.core.tensor.Tensor;

/**
 * A sampling with a threshold on {@link StepNetworks}. Each picture of a batch is decided by itself
 * and evaluated by itself, so that it has the bytes that it has alone.
 */
public final class WholeNetworkSampling implements CachedSampling {
  private final StepNetworks networks;
  private final Consumer<EvaluationCount> counted;
  private final int evaluations;
  private final AccumulatedChange[] changes;
  private int index;
  private EvaluationCount count = EvaluationCount.NONE;
  private boolean open = true;

  /**
   * @param networks closed with this
   * @param evaluations how many there will be
   * @param pictures how many each is of
   * @param counted told how many there were, when this is closed
   * @throws UsageException if the caching is of anything but the residual of all blocks
   */
  public WholeNetworkSampling(
      StepNetworks networks,
      StepCaching caching,
      int evaluations,
      int pictures,
      Consumer<EvaluationCount> counted) {
    caching.requireOfWholeNetworks();
    this.networks = networks;
    this.counted = counted;
    this.evaluations = evaluations;
    this.changes = new AccumulatedChange[pictures];
    Arrays.fill(
        changes, AccumulatedChange.start(caching.threshold().orElseThrow(), caching.estimate()));
  }

  @Override
  public void prepare(DenoiserInput like, ProgressListener progress) {
    networks.prepare(ofPicture(like, 0), progress);
  }

  @Override
  public Tensor predict(DenoiserInput input) {
    Tensor[] each = new Tensor[changes.length];
    for (int picture = 0; picture < each.length; picture++) {
      each[picture] = predict(picture, ofPicture(input, picture));
    }
    index++;
    return each.length == 1 ? each[0] : CachedSampling.join(each);
  }

  /** A batch of one as it is, so that a backend sees which of its tensors it has already. */
  private DenoiserInput ofPicture(DenoiserInput input, int picture) {
    return changes.length == 1 ? input : CachedSampling.ofPicture(input, picture, changes.length);
  }

  private Tensor predict(int picture, DenoiserInput input) {
    double change = networks.probe(picture, input);
    AccumulatedChange.Decision decision = changes[picture].at(change, index == evaluations - 1);
    Tensor prediction = decision.computes() ? networks.full() : networks.tail();
    changes[picture] = decision.next();
    count = count.plus(new EvaluationCount(1, decision.computes() ? 0 : 1));
    return prediction;
  }

  @Override
  public void close() {
    if (open) {
      open = false;
      counted.accept(count);
      networks.close();
    }
  }
}
