package org.viditq.cpp;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.FloatPointer;
import org.viditq.core.error.BackendException;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.LayerChecks;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.operators.Precision;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.tensor.Shape;
import org.viditq.cpp.bridge.Bridge;
import org.viditq.cpp.bridge.viditq_epilogue;
import org.viditq.cpp.bridge.viditq_tokens;

/** Full-precision and quantized linear layers. */
final class NativeLinear implements AutoCloseable {
  private final NativeContext context;
  private final NativeMemory memory;
  private final NativePointwise pointwise;
  private final Precision precision;
  private final InputQuantizer quantizer;
  // Operands of calls, one at a time; to allocate them anew would take as long as small calls.
  private final viditq_tokens input = new viditq_tokens();
  private final viditq_tokens output = new viditq_tokens();
  private final viditq_epilogue operands = new viditq_epilogue();
  private final List<DenseLayer> denseLayers = new ArrayList<>();
  private final List<QuantizedLayer> quantizedLayers = new ArrayList<>();

  NativeLinear(
      NativeContext context, NativeMemory memory, NativePointwise pointwise, Precision precision) {
    this.context = context;
    this.memory = memory;
    this.pointwise = pointwise;
    this.precision = precision;
    this.quantizer = new InputQuantizer(context, memory);
  }

  Linear prepare(LinearParameters parameters) {
    context.handle(); // refuses a closed backend
    LayerChecks.require(parameters);
    if (parameters instanceof DenseLinearParameters dense) {
      DenseLayer layer = new DenseLayer(dense, precision);
      denseLayers.add(layer);
      return layer;
    }
    QuantizedLayer layer =
        new QuantizedLayer((QuantizedLinearParameters) parameters, context.isa());
    quantizedLayers.add(layer);
    return layer;
  }

  NativeTensor apply(
      NativeInput x, Linear layer, Epilogue<NativeTensor> epilogue, double timestep) {
    Shape shape = shapeOf(x.shape(), layer, epilogue);
    if (shape.size() == 0) {
      return memory.allocate(shape);
    }
    if (layer instanceof DenseLayer dense) {
      return multiply(x.value(), dense, epilogue, shape);
    }
    QuantizedLayer quantized = requireOwn(layer);
    if (quantized.branch().isPresent()) {
      return withBranch(x, quantized, timestep, epilogue, shape);
    }
    NativeTensor out = memory.allocate(shape);
    try (ActivationCodes codes = quantize(x, quantized, timestep)) {
      multiply(codes, quantized, timestep, epilogue, out, 0);
    }
    return out;
  }

  /**
   * Quantized product and bias, then what the branch adds to it, then the rest of the epilogue: one
   * pass over the result each, as their sum comes before the activation.
   */
  private NativeTensor withBranch(
      NativeInput x,
      QuantizedLayer layer,
      double timestep,
      Epilogue<NativeTensor> epilogue,
      Shape shape) {
    NativeBranch branch = layer.branch().orElseThrow();
    NativeTensor value = x.value();
    try (NativeTensor product = memory.allocate(shape)) {
      try (ActivationCodes codes = quantize(x, layer, timestep)) {
        multiply(codes, layer, timestep, Epilogue.none(), product, 0);
      }
      Shape between = shapeOf(value.shape(), branch.down(), Epilogue.none());
      try (NativeTensor narrow = multiply(value, branch.down(), Epilogue.none(), between)) {
        NativeTensor sum = multiply(narrow, branch.up(), Epilogue.residual(product), shape);
        if (epilogue.equals(Epilogue.none())) {
          return sum;
        }
        try (sum) {
          return finish(sum, epilogue);
        }
      }
    }
  }

  /** residual + gate * act(y). */
  private NativeTensor finish(NativeTensor y, Epilogue<NativeTensor> epilogue) {
    NativeTensor result = pointwise.activate(y, epilogue.activation());
    if (epilogue.gate().isPresent()) {
      try (NativeTensor activated = result) {
        result = pointwise.multiply(activated, epilogue.gate().get());
      }
    }
    if (epilogue.residual().isPresent()) {
      try (NativeTensor gated = result) {
        result = pointwise.add(epilogue.residual().get(), gated);
      }
    }
    return result;
  }

  /** Consecutive quantized layers with the same balancing and scheme share the codes of x. */
  List<NativeTensor> applyAll(NativeInput x, List<Linear> layers, double timestep) {
    List<NativeTensor> results = new ArrayList<>(layers.size());
    Optional<WeightSet> quantizedFor = Optional.empty();
    ActivationCodes codes = null;
    try {
      for (Linear layer : layers) {
        Shape shape = shapeOf(x.shape(), layer, Epilogue.none());
        if (!(layer instanceof QuantizedLayer quantized)
            || shape.size() == 0
            || quantized.branch().isPresent()) {
          results.add(apply(x, layer, Epilogue.none(), timestep));
          continue;
        }
        WeightSet set = chosen(quantized, timestep);
        if (quantizedFor.filter(other -> sameInput(other, set)).isEmpty()) {
          if (codes != null) {
            codes.close();
          }
          codes = quantize(x, quantized, timestep);
          quantizedFor = Optional.of(set);
        }
        NativeTensor out = memory.allocate(shape);
        multiply(codes, quantized, timestep, Epilogue.none(), out, 0);
        results.add(out);
      }
    } finally {
      if (codes != null) {
        codes.close();
      }
    }
    return results;
  }

  /** Whether all the layers are quantized and multiply with the same codes. */
  boolean sharesCodes(List<Linear> layers, double timestep) {
    if (!layers.stream().allMatch(layer -> layer instanceof QuantizedLayer && hasNoBranch(layer))) {
      return false;
    }
    WeightSet first = chosen((QuantizedLayer) layers.get(0), timestep);
    return layers.stream()
        .allMatch(layer -> sameInput(first, chosen((QuantizedLayer) layer, timestep)));
  }

  /** The input of a quantized layer as it multiplies with it. */
  ActivationCodes quantize(NativeInput x, Linear layer, double timestep) {
    return quantize(x, requireOwn(layer), timestep);
  }

  /** The layer's result of all rows of {@code codes} [.., rows, in]. */
  void multiply(ActivationCodes codes, Linear layer, double timestep, NativeTensor out) {
    multiply(codes, requireOwn(layer), timestep, Epilogue.none(), out, 0);
  }

  /** Whether {@link #feedForward} serves the layers: both quantized, the second one per token. */
  boolean keepsCodesBetween(Linear up, Linear down, double timestep) {
    return up instanceof QuantizedLayer
        && down instanceof QuantizedLayer quantized
        && InputQuantizer.isDeployed(chosen(quantized, timestep).activation())
        && chosen(quantized, timestep).rotation().isEmpty()
        && hasNoBranch(up)
        && hasNoBranch(down);
  }

  private static boolean hasNoBranch(Linear layer) {
    return ((QuantizedLayer) layer).branch().isEmpty();
  }

  /** down(act(up(x))), of which only codes are written between the layers. */
  NativeTensor feedForward(
      NativeInput x,
      Linear up,
      Activation activation,
      Linear down,
      Epilogue<NativeTensor> epilogue,
      double timestep) {
    Shape hidden = shapeOf(x.shape(), up, Epilogue.none());
    Shape shape = shapeOf(hidden, down, epilogue);
    if (hidden.size() == 0) {
      return memory.allocate(shape);
    }
    QuantizedLayer first = requireOwn(up);
    QuantizedLayer second = requireOwn(down);
    NativeTensor out = memory.allocate(shape);
    try (ActivationCodes codes = quantize(x, first, timestep)) {
      for (SampleGroup group : SampleGroup.groups(hidden, context.threads())) {
        ActivationCodes some = codes.rows(group.firstRow(), group.rows());
        try (ActivationCodes between = between(some, first, activation, second, timestep)) {
          multiply(between, second, timestep, epilogue, out, group.firstRow());
        }
      }
    }
    return out;
  }

  /** Codes of act(up(x)), as down multiplies with them. */
  private ActivationCodes between(
      ActivationCodes codes,
      QuantizedLayer up,
      Activation activation,
      QuantizedLayer down,
      double timestep) {
    QuantizedLayer.Set set = up.setFor(timestep);
    IntegerFormat format = chosen(down, timestep).activation().format();
    ActivationCodes result =
        new ActivationCodes(memory, format, codes.rows(), up.parameters().outFeatures());
    int status =
        Bridge.viditq_quantized_linear_to_codes(
            context.handle(),
            set.weights().handle(),
            codes.in(input),
            set.biasValues(),
            NativePointwise.code(activation),
            down.setFor(timestep).balance().map(CountedMemory::floats).orElse(null),
            result.in(output));
    NativeLibrary.check(
        status,
        "linear "
            + up.parameters().name()
            + " with quantization of the input of layer "
            + down.parameters().name());
    return result;
  }

  private static boolean sameInput(WeightSet a, WeightSet b) {
    return a.activation().equals(b.activation())
        && a.rotation().equals(b.rotation())
        && Arrays.equals(a.balance().orElse(null), b.balance().orElse(null));
  }

  private static WeightSet chosen(QuantizedLayer layer, double timestep) {
    return layer.parameters().sets().get(layer.parameters().setFor(timestep));
  }

  private static Shape shapeOf(Shape x, Linear layer, Epilogue<NativeTensor> epilogue) {
    return ResultShapes.linear(
        layer.parameters(),
        x,
        epilogue.gate().map(NativeTensor::shape),
        epilogue.residual().map(NativeTensor::shape));
  }

  private static QuantizedLayer requireOwn(Linear layer) {
    if (layer instanceof QuantizedLayer quantized) {
      return quantized;
    }
    throw new BackendException(
        "Layer " + layer.parameters().name() + " was prepared by another backend than native.");
  }

  private ActivationCodes quantize(NativeInput x, QuantizedLayer layer, double timestep) {
    return quantizer.quantize(
        layer.parameters().name(),
        x,
        layer.setFor(timestep).balance(),
        layer.setFor(timestep).rotation(),
        chosen(layer, timestep).activation());
  }

  private NativeTensor multiply(
      NativeTensor x, DenseLayer layer, Epilogue<NativeTensor> epilogue, Shape shape) {
    NativeTensor out = memory.allocate(shape);
    int status =
        Bridge.viditq_dense_linear(
            context.handle(),
            layer.handle(),
            x.data(),
            shape.rows(),
            x.shape().dim(-1),
            operands(
                layer.bias(),
                epilogue.activation(),
                data(epilogue.gate()),
                rowsPerGate(epilogue, shape),
                data(epilogue.residual())),
            out.data());
    NativeLibrary.check(status, "linear " + layer.parameters().name());
    return out;
  }

  /** Writes as many rows of {@code out} as there are codes, from {@code firstRow} on. */
  private void multiply(
      ActivationCodes codes,
      QuantizedLayer layer,
      double timestep,
      Epilogue<NativeTensor> epilogue,
      NativeTensor out,
      int firstRow) {
    QuantizedLayer.Set set = layer.setFor(timestep);
    long rowsPerGate = Math.min(rowsPerGate(epilogue, out.shape()), codes.rows());
    long first = (long) firstRow * out.shape().dim(-1);
    long firstGate = firstRow / rowsPerGate(epilogue, out.shape()) * out.shape().dim(-1);
    int status =
        Bridge.viditq_quantized_linear(
            context.handle(),
            set.weights().handle(),
            codes.in(input),
            operands(
                set.biasValues(),
                epilogue.activation(),
                epilogue.gate().map(gate -> gate.dataAt(firstGate)).orElse(null),
                rowsPerGate,
                epilogue.residual().map(residual -> residual.dataAt(first)).orElse(null)),
            out.dataAt(first));
    NativeLibrary.check(status, "linear " + layer.parameters().name());
  }

  /** The epilogue of one call. */
  private viditq_epilogue operands(
      FloatPointer bias,
      Activation activation,
      FloatPointer gate,
      long rowsPerGate,
      FloatPointer residual) {
    return operands
        .bias(bias)
        .activation(NativePointwise.code(activation))
        .gate(gate)
        .rows_per_gate(rowsPerGate)
        .residual(residual);
  }

  /** A gate of one row serves all rows of the result, else those of one sample. */
  private static long rowsPerGate(Epilogue<NativeTensor> epilogue, Shape shape) {
    return epilogue
        .gate()
        .map(gate -> (long) shape.rows() / gate.shape().dim(0))
        .orElse((long) shape.rows());
  }

  private static FloatPointer data(Optional<NativeTensor> tensor) {
    return tensor.map(NativeTensor::data).orElse(null);
  }

  /** Releases all layers; idempotent. */
  @Override
  public void close() {
    denseLayers.forEach(DenseLayer::close);
    quantizedLayers.forEach(QuantizedLayer::close);
  }
}
