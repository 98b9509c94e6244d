package org.viditq.core.pipeline.cache;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.viditq.core.model.cache.BlockCache;
import org.viditq.core.model.cache.BlockPart;
import org.viditq.core.model.cache.StepCache;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Tensor;

/**
 * What one picture, or one batch, keeps between the steps of its sampling. An evaluation takes
 * effect when it is {@link #commit committed}; begun anew, it is decided as before. Values belong
 * to a scope of the caller's, and at most one of each kind is kept between evaluations.
 */
public final class SamplingCache<V> implements StepCache<V> {
  private final Operators<V> operators;
  private final Scope<V> sampling;
  private final StepCaching caching;
  private final int evaluations;

  private final Map<Place, Kept<V>> kept = new HashMap<>();
  private final Map<Place, Kept<V>> made = new HashMap<>();
  private Optional<ChangeMeter> meter;
  private Optional<ChangeMeter> nextMeter;
  private int index;
  private boolean computed;
  private EvaluationCount count = EvaluationCount.NONE;

  /** What a kept value is of; the part is null for the residual of all blocks. */
  private record Place(int block, BlockPart part) {
    static final Place ALL_BLOCKS = new Place(-1, null);
  }

  /**
   * @param index of the evaluation that computed it
   */
  private record Kept<V>(V value, int index) {}

  /**
   * @param sampling where kept values belong, around the scopes of evaluations
   * @param evaluations how many there will be
   */
  public SamplingCache(
      Operators<V> operators, Scope<V> sampling, StepCaching caching, int evaluations) {
    this.operators = operators;
    this.sampling = sampling;
    this.caching = caching;
    this.evaluations = evaluations;
    this.meter =
        caching.threshold().stream()
            .mapToObj(threshold -> ChangeMeter.start(threshold, caching.estimate()))
            .findFirst();
    this.nextMeter = meter;
  }

  /** Begins the next evaluation, or the one that was not committed anew. */
  public void begin() {
    made.values().forEach(value -> sampling.release(value.value()));
    made.clear();
    nextMeter = meter;
    computed = false;
  }

  /** The evaluation has succeeded. */
  public void commit() {
    made.forEach(
        (place, value) -> {
          Kept<V> old = kept.put(place, value);
          if (old != null) {
            sampling.release(old.value());
          }
        });
    made.clear();
    meter = nextMeter;
    count = count.plus(new EvaluationCount(1, computed ? 0 : 1));
    index++;
  }

  /** Of the committed evaluations. */
  public EvaluationCount count() {
    return count;
  }

  private boolean isLast() {
    return index == evaluations - 1;
  }

  @Override
  public V blocks(V hidden, Supplier<V> input, UnaryOperator<V> compute) {
    if (meter.isEmpty()) {
      return compute.apply(hidden);
    }
    ChangeMeter.Decision decision = meter.get().at(read(input), isLast());
    nextMeter = Optional.of(decision.next());
    try (Scope<V> scope = operators.scope()) {
      if (!decision.computes()) {
        return scope.replace(hidden, operators.add(hidden, kept.get(Place.ALL_BLOCKS).value()));
      }
      V result = compute.apply(hidden);
      if (!isLast()) {
        keep(Place.ALL_BLOCKS, operators.add(result, operators.scale(hidden, -1)));
      }
      return scope.replace(hidden, result);
    }
  }

  private Tensor read(Supplier<V> value) {
    try (Scope<V> scope = operators.scope()) {
      return operators.read(value.get());
    }
  }

  @Override
  public BlockCache<V> block(int block) {
    return (part, epilogue, compute) -> part(new Place(block, part), epilogue, compute);
  }

  private V part(Place place, Epilogue<V> epilogue, Function<Epilogue<V>, V> compute) {
    int every = caching.every(place.part(), index, evaluations);
    if (every > 1) {
      Kept<V> earlier = kept.get(place);
      if (earlier != null && index - earlier.index() < every) {
        return applied(epilogue, earlier.value());
      }
      if (!isLast()) {
        computed = true;
        return applied(epilogue, keep(place, compute.apply(Epilogue.none())));
      }
    }
    computed = true;
    return compute.apply(epilogue);
  }

  private V keep(Place place, V value) {
    made.put(place, new Kept<>(sampling.adopt(value), index));
    return value;
  }

  /** residual + gate * x. */
  private V applied(Epilogue<V> epilogue, V x) {
    if (epilogue.activation() != Activation.NONE) {
      throw new IllegalArgumentException("Parts of blocks end with no activation.");
    }
    V gated = epilogue.gate().map(gate -> operators.multiply(gate, x)).orElse(x);
    return epilogue.residual().map(residual -> operators.add(residual, gated)).orElse(gated);
  }
}
