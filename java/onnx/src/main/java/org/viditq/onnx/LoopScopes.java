package org.viditq.onnx;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.viditq.core.error.BackendException;

/**
 * Which nodes and constants of a graph are those of a loop's body: nodes that depend on its
 * variables, and constants that only such nodes take. The latter are no matter of taste: engines
 * lay weights out once where the constant is of the same graph as the node, and in every iteration
 * where it is not.
 */
final class LoopScopes {
  /** Of what no loop has. */
  private static final int NONE = -1;

  /** Serial of the loop by that of the node. */
  private final Map<Integer, Integer> nodes = new HashMap<>();

  /** Serials of the loops, and {@link #NONE}, whose nodes take a value. */
  private final Map<OnnxValue, Set<Integer>> users = new HashMap<>();

  /**
   * @param all nodes of the graph, operands before their uses
   */
  LoopScopes(Collection<OnnxNode> all) {
    Map<OnnxValue, Integer> variables = new HashMap<>();
    for (OnnxNode loop : all) {
      loop.body()
          .ifPresent(
              body -> {
                body.variables().forEach(variable -> variables.put(variable, loop.serial()));
                body.results().forEach(result -> nodes.put(nodeOf(result), loop.serial()));
              });
    }
    for (OnnxNode node : all) {
      int scope = nodes.getOrDefault(node.serial(), NONE);
      for (OnnxValue input : inputs(node).toList()) {
        int of =
            input.origin() instanceof OnnxValue.Origin.Result result
                ? nodes.getOrDefault(result.node().serial(), NONE)
                : variables.getOrDefault(input, NONE);
        if (of != NONE && scope != NONE && of != scope || of != NONE && node.body().isPresent()) {
          throw new BackendException(
              "The value " + input + " of a loop's body is used in another loop.");
        }
        scope = of == NONE ? scope : of;
      }
      nodes.put(node.serial(), scope);
      int own = scope;
      inputs(node).forEach(in -> users.computeIfAbsent(in, i -> new HashSet<>()).add(own));
    }
  }

  private static Stream<OnnxValue> inputs(OnnxNode node) {
    return node.inputs().stream().flatMap(Optional::stream);
  }

  private static int nodeOf(OnnxValue result) {
    return ((OnnxValue.Origin.Result) result.origin()).node().serial();
  }

  /** The serial of the loop that a node is in; empty if it is in none. */
  OptionalInt of(OnnxNode node) {
    return known(nodes.get(node.serial()));
  }

  /** Likewise a constant. */
  OptionalInt of(OnnxValue constant) {
    Set<Integer> scopes = users.getOrDefault(constant, Set.of(NONE));
    return known(scopes.size() == 1 ? scopes.iterator().next() : NONE);
  }

  private static OptionalInt known(int serial) {
    return serial == NONE ? OptionalInt.empty() : OptionalInt.of(serial);
  }
}
