package org.viditq.cpp;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.viditq.core.error.UsageException;
import org.viditq.cpp.bridge.Bridge;

/** What the kernels are written for, slowest first; chosen at run time. */
public enum InstructionSet {
  PORTABLE(Bridge.VIDITQ_PORTABLE),
  AVX2(Bridge.VIDITQ_AVX2),
  AVX_VNNI(Bridge.VIDITQ_AVX_VNNI),
  AVX512(Bridge.VIDITQ_AVX512_VNNI),
  AMX(Bridge.VIDITQ_AMX);

  /** Overrides the choice, for tests: a name as {@link #toString()} gives it. */
  public static final String VARIABLE = "VIDITQ_ISA";

  private final int code;

  InstructionSet(int code) {
    this.code = code;
  }

  /** Its number in the C interface, VIDITQ_PORTABLE and so on. */
  public int code() {
    return code;
  }

  /** Whether this processor and operating system run it. */
  public boolean isSupported() {
    NativeLibrary.require();
    return Bridge.viditq_isa_supported(code) == 1;
  }

  /** Those that this machine runs, slowest first; never empty. */
  public static List<InstructionSet> supported() {
    return Arrays.stream(values()).filter(InstructionSet::isSupported).toList();
  }

  /**
   * The fastest one that this machine runs, or the one that {@link #VARIABLE} names.
   *
   * @throws UsageException if the variable names one that is unknown or not supported here
   */
  public static InstructionSet choose() {
    return choose(System.getenv(VARIABLE));
  }

  static InstructionSet choose(String override) {
    List<InstructionSet> supported = supported();
    if (override == null || override.isBlank()) {
      return supported.get(supported.size() - 1);
    }
    return supported.stream()
        .filter(isa -> isa.toString().equals(override.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new UsageException(
                    VARIABLE
                        + " is "
                        + override
                        + ", which this machine does not run; choose one of: "
                        + supported.stream()
                            .map(InstructionSet::toString)
                            .collect(Collectors.joining(", "))
                        + "."));
  }

  /** Whether it has one instruction for integer products: VNNI or AMX. */
  public boolean hasMultiplier() {
    return compareTo(AVX_VNNI) >= 0;
  }

  /**
   * Multiplies codes in registers only, to measure what the processor can do at most.
   *
   * @param repetitions each takes a few nanoseconds
   * @return products and sums that were computed, each counted
   * @throws org.viditq.core.error.BackendException if it {@linkplain #hasMultiplier() has no
   *     multiplier} or does not run here
   */
  public long exerciseMultiplier(long repetitions) {
    NativeLibrary.require();
    long[] operations = new long[1];
    int status = Bridge.viditq_exercise_multiplier(code, repetitions, operations);
    NativeLibrary.check(status, "measurement of the peak on " + this);
    return operations[0];
  }

  /** portable, avx2, avxvnni, avx512, amx. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace("_", "");
  }
}
