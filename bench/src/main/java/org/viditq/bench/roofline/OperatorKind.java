package org.viditq.bench.roofline;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What calls are told together.
 *
 * @param operator with the role and the numbers of layers: {@code self attention: to_q to_k to_v,
 *     int8}
 * @param with what the same kernels compute on the way, such as {@code quantization}
 */
record OperatorKind(String operator, List<String> with) {
  private static final String BETWEEN = "\t";

  OperatorKind {
    with = List.copyOf(with);
  }

  static OperatorKind of(String operator, String... with) {
    return new OperatorKind(operator, List.of(with));
  }

  /** In one line, from which {@link #parse} makes the same kind. */
  String toLine() {
    return Stream.concat(Stream.of(operator), with.stream()).collect(Collectors.joining(BETWEEN));
  }

  static OperatorKind parse(String line) {
    List<String> parts = List.of(line.split(BETWEEN));
    return new OperatorKind(parts.get(0), parts.subList(1, parts.size()));
  }
}
