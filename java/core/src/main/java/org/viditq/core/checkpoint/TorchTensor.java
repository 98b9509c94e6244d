package org.viditq.core.checkpoint;

import java.util.Optional;
import org.viditq.core.tensor.DType;

/**
 * A tensor as a pickle describes it, unchecked.
 *
 * @param dtype of its elements, which a storage without a type does not know
 * @param offset of its first element in the storage, in elements
 * @param sizes extents, outermost first
 * @param strides steps between neighbours along each axis, in elements
 */
record TorchTensor(Storage storage, DType dtype, long offset, long[] sizes, long[] strides) {
  /**
   * A run of elements in the file, that tensors share.
   *
   * @param key name of its entry in the archive, or in the list of a legacy file
   * @param dtype empty for {@code torch.UntypedStorage}, which counts bytes
   * @param elements as many as the pickle says
   * @param offset where a view of old files starts in it, in elements
   */
  record Storage(String key, Optional<DType> dtype, long elements, long offset) {
    int elementBytes() {
      return dtype.map(DType::bytes).orElse(1);
    }
  }
}
