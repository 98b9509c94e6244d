package org.viditq.cpp;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.javacpp.FloatPointer;
import org.viditq.core.error.BackendException;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Shape;

/**
 * The off-heap memory of one set of operators: an arena whose blocks are used again.
 *
 * <p>A tensor belongs to the innermost scope that was open when it was made, and is closed with it;
 * outside every scope, with the arena. Tensors over the same values (a tensor and its reshaped
 * form) share a block, which returns to the arena with the last of them, ready for the next tensor
 * of about its size: after the first step of a sampling run nothing is allocated any more.
 *
 * <p>Not safe for use by several threads, as the operators it serves.
 */
final class NativeMemory implements AutoCloseable {
  /** Blocks are a multiple of this, so that tensors of nearly the same size can share them. */
  private static final long GRANULE = 4096;

  private final TreeMap<Long, List<Block>> free = new TreeMap<>();

  private final NativeScope outermost = new NativeScope(null);
  private NativeScope innermost = outermost;
  private long freeBytes;
  private long usedBytes;
  private boolean closed;

  /** Memory that tensors share. */
  static final class Block {
    private final CountedMemory memory;
    private final long bytes;
    private int tensors;

    private Block(CountedMemory memory, long bytes) {
      this.memory = memory;
      this.bytes = bytes;
    }

    FloatPointer data() {
      return memory.floats();
    }
  }

  /** See {@link Scope}. */
  private final class NativeScope implements Scope<NativeTensor> {
    private final NativeScope outer;
    private final List<NativeTensor> tensors = new ArrayList<>();
    private boolean open = true;

    NativeScope(NativeScope outer) {
      this.outer = outer;
    }

    @Override
    public NativeTensor keep(NativeTensor value) {
      if (tensors.remove(value)) {
        outer.tensors.add(value);
      }
      return value;
    }

    @Override
    public NativeTensor replace(NativeTensor old, NativeTensor value) {
      keep(value);
      if (old != value && outer.tensors.remove(old)) {
        old.close();
      }
      return value;
    }

    @Override
    public void close() {
      if (!open) {
        return;
      }
      open = false;
      // Scopes inside that somebody forgot to close end with this one.
      while (innermost != this && innermost.outer != null) {
        innermost.close();
      }
      if (innermost == this && outer != null) {
        innermost = outer;
      }
      tensors.forEach(NativeTensor::close);
      tensors.clear();
    }
  }

  /** See {@link org.viditq.core.operators.Operators#scope()}. */
  Scope<NativeTensor> scope() {
    requireOpen();
    innermost = new NativeScope(innermost);
    return innermost;
  }

  /** A tensor of undefined values. */
  NativeTensor allocate(Shape shape) {
    requireOpen();
    return register(new NativeTensor(this, shape, block(bytesOf(shape)), 0));
  }

  /** A tensor over part of another's values, from value {@code first} on. */
  NativeTensor view(NativeTensor tensor, Shape shape, long first) {
    requireOpen();
    return register(new NativeTensor(this, shape, tensor.block(), tensor.offset() + first));
  }

  private NativeTensor register(NativeTensor tensor) {
    tensor.block().tensors++;
    innermost.tensors.add(tensor);
    return tensor;
  }

  /** Bytes of whole granules; a tensor without values has a block, too. */
  private static long bytesOf(Shape shape) {
    long bytes = Math.max(1, (long) shape.size() * Float.BYTES);
    return (bytes + GRANULE - 1) / GRANULE * GRANULE;
  }

  private Block block(long bytes) {
    Map.Entry<Long, List<Block>> fitting = free.ceilingEntry(bytes);
    // A block of more than a quarter above the size is left for larger tensors.
    if (fitting == null || fitting.getKey() > bytes + bytes / 4) {
      releaseFreeAbove(usedBytes + bytes);
      usedBytes += bytes;
      return new Block(CountedMemory.ofBytes(bytes), bytes);
    }
    Block block = takeFree(fitting);
    usedBytes += block.bytes;
    return block;
  }

  private Block takeFree(Map.Entry<Long, List<Block>> size) {
    List<Block> blocks = size.getValue();
    Block block = blocks.remove(blocks.size() - 1);
    if (blocks.isEmpty()) {
      free.remove(size.getKey());
    }
    freeBytes -= block.bytes;
    return block;
  }

  /** Lets free blocks go, largest first, so that at most half of the memory lies idle. */
  private void releaseFreeAbove(long limit) {
    while (freeBytes > limit) {
      takeFree(free.lastEntry()).memory.close();
    }
  }

  /** Called once per tensor. */
  void release(Block block) {
    if (--block.tensors > 0) {
      return;
    }
    usedBytes -= block.bytes;
    if (closed) {
      block.memory.close();
      return;
    }
    freeBytes += block.bytes;
    free.computeIfAbsent(block.bytes, size -> new ArrayList<>()).add(block);
  }

  /** Bytes in blocks of live tensors. */
  long usedBytes() {
    return usedBytes;
  }

  /** Bytes in blocks that wait to be used again. */
  long freeBytes() {
    return freeBytes;
  }

  private void requireOpen() {
    if (closed) {
      throw new BackendException("Backend native was closed; open it again to compute.");
    }
  }

  /** Releases all tensors and blocks; idempotent. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    outermost.close();
    closed = true;
    releaseFreeAbove(0);
  }
}
