package org.viditq.core.model.layer;

import java.util.function.Function;
import java.util.function.Supplier;
import org.viditq.core.model.cache.BlockCache;
import org.viditq.core.model.cache.BlockPart;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;

/**
 * The values of a transformer block while it is evaluated: what a part computes takes the place of
 * the part's input, and of the values that it made on the way nothing is left.
 */
public final class BlockScope<V> implements AutoCloseable {
  private final Operators<V> operators;
  private final BlockCache<V> cache;
  private final Scope<V> block;

  /** Opens the scope; values made until it is closed live as long as the block is evaluated. */
  public BlockScope(Operators<V> operators, BlockCache<V> cache) {
    this.operators = operators;
    this.cache = cache;
    this.block = operators.scope();
  }

  /**
   * A part of the block in the place of its input, computed or taken from an earlier step.
   *
   * @param hidden released if it belongs to this scope, or to the one around it
   * @param epilogue and {@code compute} as {@link BlockCache#part} takes them
   */
  public V part(BlockPart part, V hidden, Epilogue<V> epilogue, Function<Epilogue<V>, V> compute) {
    return replace(hidden, () -> cache.part(part, epilogue, compute));
  }

  /** What is computed in the place of {@code hidden}, which is released as {@link #part} does. */
  public V replace(V hidden, Supplier<V> compute) {
    V computed;
    try (Scope<V> scope = operators.scope()) {
      computed = scope.keep(compute.get());
    }
    return block.replace(hidden, computed);
  }

  @Override
  public void close() {
    block.close();
  }
}
