package org.viditq.verify.runner;

import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.ForwardingOperators;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.operators.Operators;

/**
 * Operators whose layers ask for the same number of tokens in every call, as those with calibrated
 * grids per token index do, but compute in full precision: how models treat text for them.
 */
final class FixedTokenOperators<V> extends ForwardingOperators<V> {
  FixedTokenOperators(Operators<V> inner) {
    super(inner);
  }

  private record FixedTokens(Linear layer) implements Linear {
    @Override
    public LinearParameters parameters() {
      return layer.parameters();
    }

    @Override
    public boolean hasGridPerTokenIndex() {
      return true;
    }
  }

  @Override
  public Linear prepare(LinearParameters parameters) {
    return new FixedTokens(super.prepare(parameters));
  }

  @Override
  public V linear(V x, Linear layer, Epilogue<V> epilogue) {
    return super.linear(x, ((FixedTokens) layer).layer(), epilogue);
  }
}
