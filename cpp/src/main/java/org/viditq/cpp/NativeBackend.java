package org.viditq.cpp;

import java.util.Optional;
import java.util.OptionalLong;
import org.viditq.core.error.BackendException;
import org.viditq.core.operators.Backend;
import org.viditq.core.operators.BackendSettings;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Precision;

/** The C++ kernels as a backend: fast on any CPU, the default where its library loads. */
public final class NativeBackend implements Backend {
  @Override
  public String name() {
    return "native";
  }

  @Override
  public int priority() {
    return 10;
  }

  @Override
  public Optional<String> unavailable() {
    return NativeLibrary.unavailable();
  }

  @Override
  public boolean isHeldBackByLimit() {
    return NativeLibrary.isHeldBackByLimit();
  }

  @Override
  public Optional<String> unsupported(Precision precision) {
    if (precision == Precision.FP16) {
      return Optional.of(
          "Backend native does not compute in fp16; leave --precision out, or choose bf16.");
    }
    return NativeLibrary.unavailable().isPresent() || NativeLibrary.supports(precision)
        ? Optional.empty()
        : Optional.of(
            "This processor has no instructions for "
                + precision
                + " products (AVX512_BF16 or AMX); leave --precision out.");
  }

  @Override
  public OptionalLong allocatedBytes() {
    return NativeLibrary.unavailable().isPresent()
        ? OptionalLong.empty()
        : OptionalLong.of(NativeLibrary.allocatedBytes());
  }

  /**
   * Opens the operators on the fastest instruction set of this machine, or the one that {@link
   * InstructionSet#VARIABLE} names.
   *
   * @throws BackendException if the library cannot be loaded or this processor does not support the
   *     precision
   */
  @Override
  public Operators<?> open(BackendSettings settings) {
    requireSupport(settings.precision());
    return new NativeOperators(settings.threads(), InstructionSet.choose(), settings.precision());
  }
}
