package org.viditq.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.viditq.core.error.BackendException;
import org.viditq.core.model.InputSpec;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * A graph for all extents, of recordings for a few.
 *
 * <p>Models are written for extents that are numbers. So a model is recorded several times, with
 * other extents each time, which gives the same nodes with other numbers: those of reshapes, of
 * slices and of what is counted. A number that is the same in all recordings is a constant; one
 * that differs must follow a formula of the extents ({@link Extent}), which becomes nodes that
 * compute it from the shapes of the inputs. Everything else must be the same.
 */
final class OpenRecording {
  private final GraphRecorder recorder;
  private final Probes probes;

  /** What corresponds to a value of the first recording in the others. */
  private final Map<OnnxValue, OnnxValue[]> counterparts = new HashMap<>();

  /** The value of the open graph in the place of one of the first recording. */
  private final Map<OnnxValue, OnnxValue> opened = new HashMap<>();

  private final Map<OnnxNode, OnnxNode[]> nodeCounterparts = new IdentityHashMap<>();
  private final Map<OnnxNode, OnnxNode> openedNodes = new IdentityHashMap<>();
  private final ExtentNodes extents;

  private OpenRecording(GraphRecorder recorder, Probes probes, ExtentNodes extents) {
    this.recorder = recorder;
    this.probes = probes;
    this.extents = extents;
  }

  /** What a graph for all extents is made of. */
  record Opened(List<OnnxValue> outputs, Map<OnnxValue, List<String>> dimensions) {}

  /**
   * Records and generalizes.
   *
   * @param evaluate from the inputs, by name, to the outputs, by name; called several times
   * @return outputs in the order of {@code evaluate}, not yet named, and how the dimensions of
   *     inputs and outputs are called
   * @throws BackendException if something depends on the extents in a way that nodes cannot express
   */
  static Opened record(
      GraphRecorder recorder,
      List<GraphInput> inputs,
      Probes probes,
      Function<Map<String, OnnxValue>, List<OnnxValue>> evaluate) {
    List<OnnxValue> declared = new ArrayList<>();
    List<List<OnnxValue>> recorded = new ArrayList<>();
    for (int i = 0; i < probes.recordings(); i++) {
      Map<String, OnnxValue> values = new LinkedHashMap<>();
      Map<String, Integer> chosen = probes.chosen(i);
      for (GraphInput input : inputs) {
        String name = input.spec().name();
        OnnxValue value =
            recorder.input(
                i == 0 ? name : name + "#" + i, input.type(), Shape.of(input.spec().shape(chosen)));
        values.put(name, value);
        if (i == 0) {
          declared.add(value);
        }
      }
      recorded.add(evaluate.apply(values));
    }
    List<ExtentNodes.Place> places = new ArrayList<>();
    for (String name : probes.names()) {
      places.add(place(name, inputs, declared));
    }
    OpenRecording opening = new OpenRecording(recorder, probes, new ExtentNodes(recorder, places));
    return opening.open(inputs, declared, recorded);
  }

  private static ExtentNodes.Place place(
      String name, List<GraphInput> inputs, List<OnnxValue> declared) {
    for (int i = 0; i < inputs.size(); i++) {
      List<InputSpec.Axis> axes = inputs.get(i).spec().axes();
      for (int axis = 0; axis < axes.size(); axis++) {
        if (axes.get(axis).name().equals(name)) {
          return new ExtentNodes.Place(declared.get(i), axis);
        }
      }
    }
    throw new IllegalArgumentException("No input has the axis " + name);
  }

  private Opened open(
      List<GraphInput> inputs, List<OnnxValue> declared, List<List<OnnxValue>> recorded) {
    List<OnnxValue> first = recorded.get(0);
    for (int i = 0; i < first.size(); i++) {
      int output = i;
      match(
          first.get(i),
          recorded.stream().map(values -> values.get(output)).toArray(OnnxValue[]::new));
    }
    NavigableMap<Integer, OnnxNode> nodes = OnnxGraph.nodesOf(first);
    // Whoever takes a node's results comes behind it, and has said what the node corresponds to.
    nodes.descendingMap().values().forEach(this::matchInputs);
    nodes.values().forEach(node -> openedNodes.put(node, openNode(node)));
    Map<OnnxValue, List<String>> dimensions = new HashMap<>();
    nodes.values().forEach(node -> node.body().ifPresent(body -> addDimensions(body, dimensions)));
    for (int i = 0; i < inputs.size(); i++) {
      dimensions.put(
          declared.get(i),
          inputs.get(i).spec().axes().stream()
              .map(axis -> axis.isFixed() ? Integer.toString(axis.fixed()) : axis.name())
              .toList());
    }
    List<OnnxValue> outputs = new ArrayList<>();
    for (OnnxValue value : first) {
      OnnxValue open = opened(value);
      outputs.add(open);
      dimensions.put(open, dimensionsOf(value));
    }
    return new Opened(outputs, dimensions);
  }

  private void addDimensions(LoopBody body, Map<OnnxValue, List<String>> dimensions) {
    body.variables().forEach(variable -> dimensions.put(variable, dimensionsOf(variable)));
    body.results().forEach(result -> dimensions.put(opened(result), dimensionsOf(result)));
  }

  private List<String> dimensionsOf(OnnxValue value) {
    OnnxValue[] others = counterparts.get(value);
    return fit(value, IntStream.range(0, value.shape().rank()), axis -> shapes(others, axis))
        .stream()
        .map(extent -> extent.describe(probes.names()))
        .toList();
  }

  private static long[] shapes(OnnxValue[] values, int axis) {
    return Arrays.stream(values).mapToLong(value -> value.shape().dim(axis)).toArray();
  }

  /** Formulas of several numbers of a value. */
  private List<Extent> fit(OnnxValue value, IntStream indices, IntFunction<long[]> numbers) {
    return indices
        .mapToObj(
            i ->
                Extent.fit(probes.values(), numbers.apply(i))
                    .orElseThrow(
                        () ->
                            failure(
                                value,
                                "holds the numbers "
                                    + Arrays.toString(numbers.apply(i))
                                    + " for the extents "
                                    + probes.names()
                                    + " "
                                    + Arrays.deepToString(probes.values()))))
        .toList();
  }

  /** Notes what corresponds to a value, itself included. */
  private void match(OnnxValue value, OnnxValue[] others) {
    OnnxValue[] known = counterparts.putIfAbsent(value, others);
    if (known != null) {
      if (!Arrays.equals(known, others)) {
        throw failure(value, "is not used in the same places");
      }
      return;
    }
    boolean sameRank =
        Arrays.stream(others).allMatch(other -> other.shape().rank() == value.shape().rank());
    if (!sameRank) {
      throw failure(value, "has not the same number of axes");
    }
    if (!(value.origin() instanceof OnnxValue.Origin.Result result)) {
      return;
    }
    int index = result.node().outputs().indexOf(value.name());
    OnnxNode[] nodes = new OnnxNode[others.length];
    for (int i = 0; i < others.length; i++) {
      if (!(others[i].origin() instanceof OnnxValue.Origin.Result other)
          || other.node().outputs().indexOf(others[i].name()) != index
          || !alike(result.node(), other.node())) {
        throw failure(value, "is not computed by the same operator");
      }
      nodes[i] = other.node();
    }
    OnnxNode[] knownNodes = nodeCounterparts.putIfAbsent(result.node(), nodes);
    if (knownNodes != null && !Arrays.equals(knownNodes, nodes)) {
      throw failure(value, "is not computed in the same place");
    }
  }

  private static boolean alike(OnnxNode a, OnnxNode b) {
    return a.operator().equals(b.operator())
        && a.domain().equals(b.domain())
        && a.attributes().equals(b.attributes())
        && a.inputs().size() == b.inputs().size()
        && a.body().map(LoopBody::size).equals(b.body().map(LoopBody::size));
  }

  private void matchInputs(OnnxNode node) {
    OnnxNode[] others = nodeCounterparts.get(node);
    for (int i = 0; i < node.inputs().size(); i++) {
      if (node.inputs().get(i).isPresent()) {
        int input = i;
        match(
            node.inputs().get(i).get(),
            Arrays.stream(others)
                .map(other -> other.inputs().get(input).orElseThrow())
                .toArray(OnnxValue[]::new));
      }
    }
    node.body()
        .ifPresent(
            body -> {
              List<LoopBody> bodies =
                  Arrays.stream(others).map(other -> other.body().orElseThrow()).toList();
              matchAll(body.variables(), bodies.stream().map(LoopBody::variables).toList());
              matchAll(body.results(), bodies.stream().map(LoopBody::results).toList());
            });
  }

  private void matchAll(List<OnnxValue> values, List<List<OnnxValue>> others) {
    for (int i = 0; i < values.size(); i++) {
      int index = i;
      match(values.get(i), others.stream().map(list -> list.get(index)).toArray(OnnxValue[]::new));
    }
  }

  private OnnxNode openNode(OnnxNode node) {
    List<Optional<OnnxValue>> inputs =
        node.inputs().stream().map(input -> input.map(this::opened)).toList();
    return new OnnxNode(
        recorder.nextSerial(),
        node.name(),
        node.domain(),
        node.operator(),
        inputs,
        node.attributes(),
        node.outputs(),
        node.body()
            .map(
                body ->
                    new LoopBody(
                        body.variables(), body.results().stream().map(this::opened).toList())));
  }

  private OnnxValue opened(OnnxValue value) {
    OnnxValue known = opened.get(value);
    if (known == null) {
      known = open(value);
      opened.put(value, known);
    }
    return known;
  }

  private OnnxValue open(OnnxValue value) {
    if (value.origin() instanceof OnnxValue.Origin.Result result) {
      return recorder.value(
          value.name(),
          value.type(),
          value.shape(),
          new OnnxValue.Origin.Result(openedNodes.get(result.node())));
    }
    if (value.origin() instanceof OnnxValue.Origin.Constant constant) {
      return open(value, constant.data(), counterparts.get(value));
    }
    return value;
  }

  private OnnxValue open(OnnxValue value, ConstantData data, OnnxValue[] others) {
    if (Arrays.stream(others).allMatch(other -> other == value)) {
      return value;
    }
    if (data instanceof IntegerConstant first && first.type() == ElementType.INT64) {
      int count = first.values().length;
      int[][] numbers = new int[others.length][];
      for (int i = 0; i < others.length; i++) {
        numbers[i] = dataOf(others[i], IntegerConstant.class, value).values();
        if (numbers[i].length != count) {
          throw failure(value, "is not a list of the same length");
        }
      }
      List<Extent> formulas =
          fit(
              value,
              IntStream.range(0, count),
              element -> Arrays.stream(numbers).mapToLong(list -> list[element]).toArray());
      if (formulas.stream().allMatch(Extent::isNumber)) {
        return value;
      }
      return value.shape().rank() == 0 ? extents.scalar(formulas.get(0)) : extents.list(formulas);
    }
    if (data instanceof TensorConstant first) {
      return open(value, first, others);
    }
    if (data instanceof IntegerConstant first
        && Arrays.stream(others)
            .map(other -> dataOf(other, IntegerConstant.class, value))
            .allMatch(other -> isSame(first, other))) {
      return value;
    }
    throw failure(value, "is another constant");
  }

  private static boolean isSame(IntegerConstant a, IntegerConstant b) {
    return a.type() == b.type()
        && a.shape().equals(b.shape())
        && Arrays.equals(a.values(), b.values());
  }

  /** Tensors that are equal; or that consist of one number, which is then repeated. */
  private OnnxValue open(OnnxValue value, TensorConstant constant, OnnxValue[] others) {
    Tensor first = constant.tensor();
    boolean equal = true;
    boolean uniform = first.size() > 0;
    for (OnnxValue other : others) {
      Tensor tensor = dataOf(other, TensorConstant.class, value).tensor();
      equal &= tensor.shape().equals(first.shape()) && Arrays.equals(tensor.data(), first.data());
      for (int i = 0; uniform && i < tensor.size(); i++) {
        uniform = tensor.data()[i] == first.data()[0];
      }
    }
    if (equal) {
      return value;
    }
    if (!uniform) {
      throw failure(value, "holds other values");
    }
    List<Extent> shape =
        fit(value, IntStream.range(0, value.shape().rank()), axis -> shapes(others, axis));
    return recorder
        .node("Expand")
        .inputs(recorder.scalar(first.data()[0], value.type()), extents.list(shape))
        .result(value.type(), value.shape());
  }

  private static <T extends ConstantData> T dataOf(
      OnnxValue other, Class<T> kind, OnnxValue value) {
    if (other.origin() instanceof OnnxValue.Origin.Constant constant
        && kind.isInstance(constant.data())) {
      return kind.cast(constant.data());
    }
    throw failure(value, "is not a constant of the same kind");
  }

  private static BackendException failure(OnnxValue value, String how) {
    return new BackendException(
        "The model cannot become one graph for all extents: "
            + value
            + " "
            + how
            + " where extents differ.");
  }
}
