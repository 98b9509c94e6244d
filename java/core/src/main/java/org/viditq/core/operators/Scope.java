package org.viditq.core.operators;

/**
 * How long values live that a backend keeps outside the Java heap; opened by {@link
 * Operators#scope()}, closed by try-with-resources.
 *
 * <pre>{@code
 * for (Block<V> block : blocks) {
 *   try (Scope<V> scope = operators.scope()) {
 *     hidden = scope.replace(hidden, block.forward(hidden));
 *   }
 * }
 * }</pre>
 */
public interface Scope<V> extends AutoCloseable {
  /**
   * Hands a value to the scope around this one, where it lives on.
   *
   * @return {@code value}
   */
  V keep(V value);

  /**
   * Hands a value to the scope around this one in the place of {@code old}, which is released if it
   * belongs there: of a chain of values only the last one takes memory.
   *
   * @return {@code value}
   */
  V replace(V old, V value);

  /**
   * Takes a value that was made in a scope inside this one, however deep, and lets it live as long
   * as this scope, or until it is {@link #release released}.
   *
   * @return {@code value}
   */
  default V adopt(V value) {
    return value;
  }

  /** Releases a value that belongs to this scope before its end; does nothing to others. */
  default void release(V value) {}

  /** Releases every value made in this scope and not kept; idempotent. */
  @Override
  void close();

  /** A scope that releases nothing: for backends whose values the garbage collector frees. */
  static <V> Scope<V> unlimited() {
    return new Scope<>() {
      @Override
      public V keep(V value) {
        return value;
      }

      @Override
      public V replace(V old, V value) {
        return value;
      }

      @Override
      public void close() {}
    };
  }
}
