package org.viditq.onnx;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.viditq.core.model.embedding.GridTable;
import org.viditq.core.model.embedding.PositionGrid;
import org.viditq.core.model.embedding.RotaryPositions;
import org.viditq.core.model.embedding.SequenceTable;
import org.viditq.core.model.t5.RelativeBias;
import org.viditq.core.operators.PositionTable;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * Position tables as nodes that compute them from the extents, in float32: other than the tables
 * themselves, angles are rounded before their sine is taken, by up to 2^-24 of the position.
 */
final class PositionLowering {
  private static final double MAX_PERIOD = 10_000;

  private final GraphRecorder recorder;
  private final PointwiseLowering pointwise;
  private final ShapeLowering shapes;

  /** What both tables of a rotary embedding are made of. */
  private final Map<RotaryGrid, OnnxValue> angles = new HashMap<>();

  private record RotaryGrid(int headDim, int height, int width, int base) {}

  PositionLowering(GraphRecorder recorder, PointwiseLowering pointwise, ShapeLowering shapes) {
    this.recorder = recorder;
    this.pointwise = pointwise;
    this.shapes = shapes;
  }

  /** The values of a table; a constant if it is of a kind that is not known here. */
  OnnxValue of(PositionTable table) {
    if (table instanceof GridTable grid) {
      return pointwise.cast(grid(grid.channels(), grid.grid()), recorder.real());
    }
    if (table instanceof SequenceTable sequence) {
      OnnxValue positions = divided(count(sequence.length()), (float) sequence.scale());
      OnnxValue rows = sinCos(positions, sequence.length(), sequence.channels());
      return pointwise.cast(
          shapes.reshape(rows, 1, sequence.length(), sequence.channels()), recorder.real());
    }
    if (table instanceof RotaryPositions rotary) {
      OnnxValue turned =
          angles.computeIfAbsent(
              new RotaryGrid(rotary.headDim(), rotary.height(), rotary.width(), rotary.base()),
              this::rotary);
      return pointwise.cast(
          pointwise.unary(rotary.cosine() ? "Cos" : "Sin", turned), recorder.real());
    }
    if (table instanceof RelativeBias bias) {
      return relative(bias);
    }
    return recorder.constant(table.tensor());
  }

  /** [1, height * width, channels]: columns, then rows. */
  private OnnxValue grid(int channels, PositionGrid grid) {
    int height = grid.height();
    int width = grid.width();
    int half = channels / 2;
    OnnxValue rows = sinCos(positions(height, grid.base(), grid.scale()), height, half);
    OnnxValue columns = sinCos(positions(width, grid.base(), grid.scale()), width, half);
    return shapes.reshape(beside(columns, rows, height, width, half), 1, height * width, channels);
  }

  /** Columns [width, half] beside rows [height, half] at every place, [height, width, 2 half]. */
  private OnnxValue beside(OnnxValue columns, OnnxValue rows, int height, int width, int half) {
    return shapes.concat(
        List.of(
            shapes.broadcast(shapes.reshape(columns, 1, width, half), height, width, half),
            shapes.broadcast(shapes.reshape(rows, height, 1, half), height, width, half)),
        2);
  }

  /** Index / (extent / base) / scale, each division rounded, as the published code has it. */
  private OnnxValue positions(int extent, OptionalInt base, double scale) {
    OnnxValue indices = count(extent);
    OnnxValue relative =
        base.isPresent()
            ? pointwise.combine("Div", indices, divided(number(extent), base.getAsInt()))
            : indices;
    return divided(relative, (float) scale);
  }

  /** sin | cos of positions [n] times frequencies, [n, channels]. */
  private OnnxValue sinCos(OnnxValue positions, int extent, int channels) {
    OnnxValue turned = angles(positions, extent, frequencies(channels / 2, 1));
    return shapes.concat(
        List.of(pointwise.unary("Sin", turned), pointwise.unary("Cos", turned)), 1);
  }

  /** positions [n] times frequencies [1, f]. */
  private OnnxValue angles(OnnxValue positions, int extent, Tensor frequencies) {
    return pointwise.combine(
        "Mul",
        shapes.reshape(positions, extent, 1),
        recorder.constant(frequencies, ElementType.FLOAT));
  }

  /**
   * 10000^(-j / count) for j from 0 to count - 1.
   *
   * @param times how often each stands in a row
   */
  private static Tensor frequencies(int count, int times) {
    Tensor frequencies = Tensor.zeros(1, count * times);
    for (int i = 0; i < count * times; i++) {
      frequencies.data()[i] = (float) Math.pow(MAX_PERIOD, -(double) (i / times) / count);
    }
    return frequencies;
  }

  /**
   * Angles [height * width, headDim] of HunyuanDiT's rotary embedding: those of the column, then
   * those of the row, each twice. See {@link org.viditq.core.model.embedding.CropRegion}.
   */
  private OnnxValue rotary(RotaryGrid grid) {
    OnnxValue height = number(grid.height());
    OnnxValue width = number(grid.width());
    OnnxValue base = scalar(grid.base());
    OnnxValue tall =
        recorder.node("Greater").inputs(height, width).result(ElementType.BOOL, height.shape());
    OnnxValue resizedHeight = where(tall, base, resized(base, height, width));
    OnnxValue resizedWidth = where(tall, resized(base, width, height), base);
    Tensor frequencies = frequencies(grid.headDim() / 4, 2);
    OnnxValue rows =
        angles(places(base, resizedHeight, height, grid.height()), grid.height(), frequencies);
    OnnxValue columns =
        angles(places(base, resizedWidth, width, grid.width()), grid.width(), frequencies);
    return shapes.reshape(
        beside(columns, rows, grid.height(), grid.width(), grid.headDim() / 2),
        grid.height() * grid.width(),
        grid.headDim());
  }

  /** base * extent / other, to the nearest whole number. */
  private OnnxValue resized(OnnxValue base, OnnxValue extent, OnnxValue other) {
    return pointwise.unary(
        "Round", pointwise.combine("Div", pointwise.combine("Mul", base, extent), other));
  }

  /** Where the patches of an axis lie that is resized and centred in the base. */
  private OnnxValue places(OnnxValue base, OnnxValue resized, OnnxValue extent, int count) {
    OnnxValue start = pointwise.unary("Round", divided(pointwise.combine("Sub", base, resized), 2));
    OnnxValue stop = pointwise.combine("Add", start, resized);
    OnnxValue before = pointwise.combine("Sub", extent, scalar(1));
    OnnxValue last = pointwise.combine("Div", pointwise.combine("Mul", stop, before), extent);
    OnnxValue way = pointwise.combine("Mul", count(count), pointwise.combine("Sub", last, start));
    OnnxValue gone = pointwise.combine("Div", way, pointwise.combine("Max", before, scalar(1)));
    return pointwise.combine("Add", start, gone);
  }

  /** [1, heads, n, n], looked up by distance in a table as long as distances tell apart. */
  private OnnxValue relative(RelativeBias bias) {
    int farthest = bias.buckets().maxDistance();
    Tensor byDistance = Tensor.zeros(bias.heads(), 2 * farthest + 1);
    for (int head = 0; head < bias.heads(); head++) {
      for (int distance = -farthest; distance <= farthest; distance++) {
        byDistance.data()[head * byDistance.dim(1) + distance + farthest] = bias.at(head, distance);
      }
    }
    int length = bias.length();
    OnnxValue tokens = range(length);
    OnnxValue distances =
        pointwise.combine(
            "Sub", shapes.reshape(tokens, 1, length), shapes.reshape(tokens, length, 1));
    OnnxValue near =
        pointwise.combine(
            "Max",
            pointwise.combine("Min", distances, recorder.index(farthest)),
            recorder.index(-farthest));
    OnnxValue rows = pointwise.combine("Add", near, recorder.index(farthest));
    OnnxValue learned =
        recorder.constant(
            "relative_attention_bias", new TensorConstant(byDistance, recorder.real()));
    OnnxValue perHead =
        recorder
            .node("Gather")
            .inputs(learned, rows)
            .attribute("axis", 1)
            .result(Shape.of(bias.heads(), length, length));
    return shapes.reshape(perHead, 1, bias.heads(), length, length);
  }

  /** 0, 1, .. extent - 1 as float32, [extent]. */
  private OnnxValue count(int extent) {
    return pointwise.cast(range(extent), ElementType.FLOAT);
  }

  private OnnxValue range(int extent) {
    return recorder
        .node("Range")
        .inputs(recorder.index(0), recorder.index(extent), recorder.index(1))
        .result(ElementType.INT64, Shape.of(extent));
  }

  /** An extent as float32, [1]. */
  private OnnxValue number(int extent) {
    return pointwise.cast(recorder.indices(extent), ElementType.FLOAT);
  }

  private OnnxValue divided(OnnxValue x, float divisor) {
    return divisor == 1 ? x : pointwise.combine("Div", x, scalar(divisor));
  }

  private OnnxValue scalar(float value) {
    return recorder.scalar(value, ElementType.FLOAT);
  }

  private OnnxValue where(OnnxValue condition, OnnxValue yes, OnnxValue no) {
    return recorder
        .node("Where")
        .inputs(condition, yes, no)
        .result(ElementType.FLOAT, condition.shape());
  }
}
