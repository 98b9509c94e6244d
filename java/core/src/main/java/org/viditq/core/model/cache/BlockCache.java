package org.viditq.core.model.cache;

import java.util.function.Function;
import org.viditq.core.operators.Epilogue;

/** What a {@link StepCache} keeps of one block. */
@FunctionalInterface
public interface BlockCache<V> {
  /**
   * A part of the block, computed or taken from an earlier step.
   *
   * @param epilogue residual and gate of this step, which a value of an earlier step gets as well
   * @param compute the part with the given epilogue; called once or not at all
   * @return what {@code compute} of the epilogue gives, or residual + gate * the earlier value
   */
  V part(BlockPart part, Epilogue<V> epilogue, Function<Epilogue<V>, V> compute);
}
