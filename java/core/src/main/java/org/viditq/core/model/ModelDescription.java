package org.viditq.core.model;

import java.util.OptionalInt;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;

/**
 * What a configuration and the shapes of the weights say about a model. Where one is silent the
 * other is believed, so that a checkpoint needs no configuration for what its shapes show; where
 * both speak they must agree.
 */
public final class ModelDescription {
  /** Far above any model; keeps the arithmetic of lying configurations from overflowing. */
  public static final int MAX_CHANNELS = 1 << 20;

  /** Latent channels; likewise. */
  public static final int MAX_LATENT_CHANNELS = 1 << 12;

  /** Side of a patch; likewise. */
  public static final int MAX_PATCH = 1 << 6;

  /** Blocks; likewise. */
  public static final int MAX_BLOCKS = 1 << 12;

  /** Hidden channels of MLPs; likewise. */
  private static final int MAX_MLP = 1 << 24;

  /** Other counts: classes, frames, rows of latents; likewise. */
  public static final int MAX_COUNT = 1 << 20;

  private final JsonConfig json;
  private final Checkpoint weights;
  private final WeightShapes shapes;

  /**
   * @param json may be empty
   * @param weights only names and shapes are looked at; may be empty
   */
  public ModelDescription(JsonConfig json, Checkpoint weights) {
    this.json = json;
    this.weights = weights;
    this.shapes = new WeightShapes(weights);
  }

  /** The configuration. */
  public JsonConfig json() {
    return json;
  }

  /** Where the weights came from, for messages. */
  public String weightsSource() {
    return weights.source();
  }

  /** Whether the checkpoint holds a tensor. */
  public boolean stores(String tensor) {
    return weights.contains(tensor);
  }

  /**
   * One extent of a stored tensor.
   *
   * @param axis counted from 0
   * @return empty if there is no such tensor, no such axis, or nothing along it
   */
  public OptionalInt extent(String tensor, int axis) {
    return shapes.extent(tensor, axis);
  }

  /**
   * How many blocks are stored, going by the highest number among their names: a block that lacks a
   * tensor counts all the same.
   *
   * @param prefix of the blocks' names, in front of their number
   * @return empty if there is none
   */
  public OptionalInt blocks(String prefix) {
    return shapes.blocks(prefix);
  }

  /**
   * A number that the shapes may know, too.
   *
   * @param stored what the shapes say
   * @param fallback where neither says it
   * @param most what it may be at the most
   * @throws InvalidModelException if it is not from 1 to {@code most}, or both say it and differ
   */
  public int value(String key, OptionalInt stored, int fallback, int most) {
    int value = json.getPositiveInt(key, stored.orElse(fallback));
    if (value < 1 || value > most) {
      throw json.invalid(key, "from 1 to " + most);
    }
    requireStored(key, value, stored);
    return value;
  }

  /**
   * As {@link #value}, for a number that has no default.
   *
   * @throws InvalidModelException also if neither says it
   */
  public int required(String key, OptionalInt stored, int most) {
    return value(key, stored, stored.isPresent() ? 1 : json.getPositiveInt(key), most);
  }

  /**
   * Checks a number that the configuration gives in another form than the shapes.
   *
   * @param key that it follows from
   * @throws InvalidModelException if the shapes say another one
   */
  public void requireStored(String key, int value, OptionalInt stored) {
    if (stored.isPresent() && stored.getAsInt() != value) {
      throw new InvalidModelException(
          json.source()
              + ": "
              + key
              + (json.has(key) ? " is " + json.node().get(key) : " is not given")
              + ", which makes "
              + value
              + ", but the weights in "
              + weights.source()
              + " have "
              + stored.getAsInt()
              + ".");
    }
  }

  /**
   * The number of attention heads, which no shape shows. Where the configuration does not say it,
   * it is that of the published models with as many channels: DiT's and Latte's sizes S, B, L and
   * XL.
   *
   * @param channels as far as the shapes say
   * @param fallback where they do not
   * @throws InvalidModelException if no published model has as many channels
   */
  public int heads(String key, OptionalInt channels, int fallback) {
    if (json.has(key) || channels.isEmpty()) {
      return json.getPositiveInt(key, fallback);
    }
    return switch (channels.getAsInt()) {
      case 384 -> 6;
      case 768 -> 12;
      case 1024, 1152 -> 16;
      default -> json.getPositiveInt(key); // says that it is missing
    };
  }

  /** Channels per head: the channels that the shapes say divided among the heads. */
  public int headDim(String key, int heads, OptionalInt channels, int fallback) {
    return json.getPositiveInt(
        key, channels.isPresent() ? Math.max(1, channels.getAsInt() / heads) : fallback);
  }

  /**
   * The side of the training latents.
   *
   * @param patch its divisor
   * @param tableRows rows of the stored position table: one per patch of the square
   */
  public int sampleSize(String key, int patch, OptionalInt tableRows, int fallback) {
    OptionalInt stored = OptionalInt.empty();
    if (tableRows.isPresent()) {
      int grid = (int) Math.round(Math.sqrt(tableRows.getAsInt()));
      if ((long) grid * grid == tableRows.getAsInt() && (long) grid * patch <= MAX_COUNT) {
        stored = OptionalInt.of(grid * patch);
      }
    }
    int side = value(key, stored, fallback, MAX_COUNT);
    if (side % patch != 0) {
      throw json.invalid(key, "a multiple of patch_size (" + patch + ")");
    }
    return side;
  }

  /**
   * Channels of the prediction: those of the latents, twice where the variance is learned too.
   *
   * @param inChannels of the latents
   * @param stored features that the last layer gives per patch
   */
  public int outChannels(String key, int inChannels, int patch, OptionalInt stored, int fallback) {
    int channels = value(key, perPixel(stored, patch), fallback, 2 * MAX_LATENT_CHANNELS);
    if (channels != inChannels && channels != 2 * inChannels) {
      throw json.invalid(key, "in_channels or twice in_channels (" + inChannels + ")");
    }
    return channels;
  }

  /**
   * Hidden channels of blocks' MLPs, which configurations give as a ratio; 4 where neither they nor
   * the shapes say it.
   *
   * @param stored what the shapes say
   */
  public int mlpHidden(String key, int channels, OptionalInt stored) {
    double hidden =
        stored.isPresent() && !json.has(key)
            ? stored.getAsInt()
            : channels * json.getPositiveDouble(key, 4);
    if (hidden < 1 || hidden > MAX_MLP) {
      throw json.invalid(key, "such that times hidden_size it is from 1 to " + MAX_MLP);
    }
    requireStored(key, (int) hidden, stored);
    return (int) hidden;
  }

  /** Classes of a table that has a row for the null class as well. */
  public static OptionalInt minusOne(OptionalInt rows) {
    return rows.isPresent() ? OptionalInt.of(rows.getAsInt() - 1) : rows;
  }

  /** Channels per pixel where a patch has so many features; empty if they cannot be divided. */
  public static OptionalInt perPixel(OptionalInt features, int patch) {
    return features.isPresent() && features.getAsInt() % (patch * patch) == 0
        ? OptionalInt.of(features.getAsInt() / (patch * patch))
        : OptionalInt.empty();
  }

  /**
   * Channels of a transformer that is described by its heads.
   *
   * @throws InvalidModelException if they are too many or no multiple of 4, which position tables
   *     need, or the shapes say another number
   */
  public int channels(String headsKey, int heads, String dimKey, int headDim, OptionalInt stored) {
    long channels = (long) heads * headDim;
    if (channels > MAX_CHANNELS || channels % 4 != 0) {
      throw json.invalid(
          dimKey,
          "such that times "
              + headsKey
              + " ("
              + heads
              + ") it is a multiple of 4 of at most "
              + MAX_CHANNELS);
    }
    requireStored(dimKey, (int) channels, stored);
    return (int) channels;
  }

  /**
   * @throws InvalidModelException if the key has another value than {@code expected}
   */
  public void requireIfGiven(String key, String expected) {
    if (!json.getString(key, expected).equals(expected)) {
      throw json.invalid(key, "\"" + expected + "\"");
    }
  }

  /**
   * @throws InvalidModelException if one of the options is on
   */
  public void requireOff(String... keys) {
    for (String key : keys) {
      if (json.getBoolean(key, false)) {
        throw json.invalid(key, "false");
      }
    }
  }

  /**
   * @throws InvalidModelException if one of the keys has a value
   */
  public void requireAbsent(String... keys) {
    for (String key : keys) {
      if (json.has(key)) {
        throw json.invalid(key, "null");
      }
    }
  }
}
