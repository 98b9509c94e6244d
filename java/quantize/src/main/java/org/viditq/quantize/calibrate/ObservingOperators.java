package org.viditq.quantize.calibrate;

import java.util.List;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.ForwardingOperators;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.Operators;

/** Shows the input of every linear layer to an observer, then computes as usual. */
public final class ObservingOperators<V> extends ForwardingOperators<V> {
  private final LinearObserver observer;

  /**
   * @param inner must compute at once: inputs are read back
   */
  public ObservingOperators(Operators<V> inner, LinearObserver observer) {
    super(inner);
    this.observer = observer;
  }

  @Override
  public V linear(V x, Linear layer, Epilogue<V> epilogue) {
    observer.observe(List.of(layer.parameters().name()), inner().read(x));
    return inner().linear(x, layer, epilogue);
  }

  @Override
  public List<V> linears(V x, List<Linear> layers) {
    observer.observe(
        layers.stream().map(layer -> layer.parameters().name()).toList(), inner().read(x));
    return inner().linears(x, layers);
  }
}
