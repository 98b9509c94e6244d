package org.viditq.cpp;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.error.ViditqException;
import org.viditq.cpp.bridge.Bridge;

/** What the kernels refuse becomes an exception that names the operator and the reason. */
class NativeLibraryTest {
  static Stream<Arguments> statuses() {
    return Stream.of(
        Arguments.of(Bridge.VIDITQ_NULL_POINTER, BackendException.class, "a buffer is null"),
        Arguments.of(Bridge.VIDITQ_BAD_SIZE, ShapeException.class, "an extent is out of range"),
        Arguments.of(Bridge.VIDITQ_BAD_FORMAT, BackendException.class, "between 2 and 8"),
        Arguments.of(Bridge.VIDITQ_OVERFLOW, ShapeException.class, "too large"),
        Arguments.of(Bridge.VIDITQ_OVERLAP, BackendException.class, "shares memory"),
        Arguments.of(Bridge.VIDITQ_NOT_FINITE, NonFiniteException.class, "NaN, infinity"),
        Arguments.of(Bridge.VIDITQ_BAD_GRID, BackendException.class, "not positive and finite"),
        Arguments.of(Bridge.VIDITQ_BAD_ISA, BackendException.class, "instruction set"),
        Arguments.of(Bridge.VIDITQ_NO_MEMORY, BackendException.class, "could not be allocated"),
        Arguments.of(Bridge.VIDITQ_NO_THREADS, BackendException.class, "threads"),
        Arguments.of(Bridge.VIDITQ_BAD_ARGUMENT, ShapeException.class, "allowed values"),
        Arguments.of(Bridge.VIDITQ_LIBRARY_FAILED, BackendException.class, "oneDNN"));
  }

  @ParameterizedTest
  @MethodSource("statuses")
  void everyStatusBecomesATypedException(
      int status, Class<? extends ViditqException> type, String reason) {
    assertThatThrownBy(() -> NativeLibrary.check(status, "linear blocks.3.to_q"))
        .isExactlyInstanceOf(type)
        .hasMessageContaining("linear blocks.3.to_q")
        .hasMessageContaining(reason);
  }

  @Test
  void onlySuccessPasses() {
    assertThatCode(() -> NativeLibrary.check(Bridge.VIDITQ_OK, "linear"))
        .doesNotThrowAnyException();
    IntStream.of(-1, 99)
        .forEach(
            unknown ->
                assertThatThrownBy(() -> NativeLibrary.check(unknown, "linear"))
                    .isInstanceOf(BackendException.class)
                    .hasMessageContaining("unknown status"));
  }
}
