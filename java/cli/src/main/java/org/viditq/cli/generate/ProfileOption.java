package org.viditq.cli.generate;

import java.util.Locale;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.TextTable;
import org.viditq.core.operators.OperatorProfile;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.TimedOperators;
import picocli.CommandLine.Option;

/** Tells where the time went, operator by operator. */
final class ProfileOption {
  @Option(
      names = "--profile",
      description = "Also print how often each kind of operator ran and how long it took.")
  private boolean wanted;

  private final OperatorProfile profile = new OperatorProfile();

  /** The operators, timed if that is wanted. */
  Operators<?> timed(Operators<?> operators) {
    return wanted ? wrapped(operators) : operators;
  }

  private <V> Operators<V> wrapped(Operators<V> operators) {
    return new TimedOperators<>(operators, profile);
  }

  /** Prints what was measured; nothing if it is not wanted. */
  void print(Console console) {
    if (!wanted) {
      return;
    }
    double total = profile.entries().stream().mapToLong(OperatorProfile.Entry::nanos).sum();
    TextTable table = new TextTable("operator", ">calls", ">time", ">share");
    for (OperatorProfile.Entry entry : profile.entries()) {
      table.row(
          entry.kind(),
          Long.toString(entry.calls()),
          Quantities.seconds(entry.nanos() * 1e-9),
          String.format(Locale.ROOT, "%.1f %%", 100 * entry.nanos() / total));
    }
    table.lines().forEach(console::note);
  }
}
