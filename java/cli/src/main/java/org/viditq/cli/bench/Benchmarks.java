package org.viditq.cli.bench;

import java.util.ServiceLoader;

/**
 * The command {@code bench}: a picocli command of a module of its own, found with {@link
 * ServiceLoader}, so that users need not carry the libraries that it compares with.
 */
public interface Benchmarks {
  String HEADER = "Measure this machine: linear layers and denoisers beside other libraries.";

  /** The command, or where there is none, one that says how to get it. */
  static Benchmarks find() {
    return ServiceLoader.load(Benchmarks.class).findFirst().orElseGet(MissingBenchmarks::new);
  }
}
