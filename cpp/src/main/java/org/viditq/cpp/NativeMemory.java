package org.viditq.cpp;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.viditq.core.error.BackendException;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Shape;

/**
 * The off-heap memory of one set of operators.
 *
 * <p>A tensor belongs to the innermost scope that was open when it was made, and is closed with it;
 * outside every scope, with the arena. Tensors over the same values (a tensor and its reshaped
 * form) share a block, which returns to the {@link Arena} with the last of them: after the first
 * step of a sampling run nothing is allocated any more.
 *
 * <p>Not safe for use by several threads, as the operators it serves.
 */
final class NativeMemory implements AutoCloseable {
  /**
   * Values below this have chunks of their own, or a few that live long would break up large ones.
   */
  private static final long SMALL_BYTES = 1 << 18;

  private static final long SMALL_CHUNK = 1 << 20;

  private final Arena small = new Arena(SMALL_CHUNK);
  private final Arena large = new Arena(SMALL_BYTES);

  private final NativeScope outermost = new NativeScope(null);
  private NativeScope innermost = outermost;
  private boolean closed;

  /** Memory that tensors share. */
  static final class Block {
    private final Arena arena;
    private final Arena.Part part;
    private int tensors;

    private Block(Arena arena, long bytes) {
      this.arena = arena;
      this.part = arena.take(bytes);
    }

    /** Value {@code index} of the block. */
    FloatPointer at(long index) {
      return part.memory().position(part.start() + index);
    }

    /** The same as bytes. */
    BytePointer bytesAt(long index) {
      return new BytePointer(part.memory()).position((part.start() + index) * Float.BYTES);
    }
  }

  /** See {@link Scope}. */
  private final class NativeScope implements Scope<NativeTensor> {
    private final NativeScope outer;
    private final ScopedTensors tensors = new ScopedTensors();
    private boolean open = true;

    NativeScope(NativeScope outer) {
      this.outer = outer;
    }

    @Override
    public NativeTensor keep(NativeTensor value) {
      if (tensors.contains(value)) {
        value.place().leave();
        outer.tensors.add(value);
      }
      return value;
    }

    @Override
    public NativeTensor replace(NativeTensor old, NativeTensor value) {
      keep(value);
      if (old != value && outer.tensors.contains(old)) {
        old.close();
      }
      return value;
    }

    @Override
    public NativeTensor adopt(NativeTensor value) {
      requireOpen();
      value.place().leave();
      tensors.add(value);
      return value;
    }

    @Override
    public void release(NativeTensor value) {
      if (tensors.contains(value)) {
        value.close();
      }
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
      tensors.close();
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
    return register(new NativeTensor(this, shape, block(shape), 0));
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

  private Block block(Shape shape) {
    long bytes = (long) shape.size() * Float.BYTES;
    return new Block(bytes < SMALL_BYTES ? small : large, bytes);
  }

  /** Called once per tensor. */
  void release(Block block) {
    if (--block.tensors > 0) {
      return;
    }
    block.arena.give(block.part);
    if (closed) {
      block.arena.close();
    }
  }

  /** Bytes that values take, and those that wait to be used again. */
  long bytes() {
    return small.bytes() + large.bytes();
  }

  /** Lets go of chunks that no tensor lies in. */
  void releaseIdle() {
    small.close();
    large.close();
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
    small.close();
    large.close();
  }
}
