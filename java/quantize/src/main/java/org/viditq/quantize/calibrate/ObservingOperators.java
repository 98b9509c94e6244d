package org.viditq.quantize.calibrate;

import java.util.List;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.ForwardingOperators;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearInput;
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
    return linear(LinearInput.of(x), layer, epilogue);
  }

  @Override
  public V linear(LinearInput<V> x, Linear layer, Epilogue<V> epilogue) {
    V value = x.value(this);
    observe(List.of(layer), value, x.sequences());
    return inner().linear(value, layer, epilogue);
  }

  @Override
  public List<V> linears(V x, List<Linear> layers) {
    return linears(LinearInput.of(x), layers);
  }

  @Override
  public List<V> linears(LinearInput<V> x, List<Linear> layers) {
    V value = x.value(this);
    observe(layers, value, x.sequences());
    return inner().linears(value, layers);
  }

  private void observe(List<Linear> layers, V x, int sequences) {
    List<String> names = layers.stream().map(layer -> layer.parameters().name()).toList();
    observer.observe(names, inner().read(x), sequences);
  }
}
