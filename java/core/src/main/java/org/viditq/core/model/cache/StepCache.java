package org.viditq.core.model.cache;

import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * What is known from earlier steps of a sampling, asked by networks for everything that changes
 * little from step to step. {@link #none} knows nothing, and every evaluation computes all.
 */
public interface StepCache<V> {
  /**
   * The tokens behind all blocks.
   *
   * @param hidden [.., N, C], in front of them; released if it belongs to the innermost scope that
   *     is open, where the result takes its place
   * @param input what the first block's self attention sees, [.., N, C]: modulated by the timestep,
   *     it tells how far this step is from the one before; called once or not at all
   * @param compute the blocks; called once, or not at all where an earlier step's will do
   */
  V blocks(V hidden, Supplier<V> input, UnaryOperator<V> compute);

  /**
   * What is known of a block.
   *
   * @param index counted from 0 over all blocks of the model
   */
  BlockCache<V> block(int index);

  /** Computes everything. */
  static <V> StepCache<V> none() {
    return new StepCache<>() {
      @Override
      public V blocks(V hidden, Supplier<V> input, UnaryOperator<V> compute) {
        return compute.apply(hidden);
      }

      @Override
      public BlockCache<V> block(int index) {
        return (part, epilogue, compute) -> compute.apply(epilogue);
      }
    };
  }
}
