package org.viditq.quantize.apply;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.resume.Part;
import org.viditq.core.resume.PartKey;
import org.viditq.core.resume.PartialResults;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.calibrate.LinearObserver;
import org.viditq.quantize.calibrate.SecondMomentRecorder;
import org.viditq.quantize.calibrate.SecondMomentRecorder.Rows;

/**
 * The calibration batches' second pass, for second moments, which keeps the rows that count of
 * every layer's input; a batch that an earlier run kept is not evaluated again. Parts are those of
 * single inputs, so that no more than one lies on the heap, and one per batch that says how many
 * there are.
 */
final class MomentSteps implements LinearObserver, AutoCloseable {
  private static final String USED = "used";
  private static final String KEPT = "kept";
  private static final String LAYERS = "layers";
  private static final String COUNT = "count";

  private final ObservedDenoiser denoiser;
  private final SecondMomentRecorder recorder;
  private final PartialResults kept;
  private final PartKey key;
  private PartKey batchKey;
  private int observed;

  MomentSteps(
      DiffusionPipeline pipeline,
      Supplier<? extends Operators<?>> backend,
      SecondMomentRecorder recorder,
      PartialResults kept,
      PartKey key) {
    this.denoiser = new ObservedDenoiser(pipeline, backend, this);
    this.recorder = recorder;
    this.kept = kept;
    this.key = key;
  }

  /** Takes in a batch. */
  void batch(int index, double timestep, DenoiserInput input) {
    recorder.begin(timestep);
    batchKey = key.with("moments of", index).with("input", InputDigest.of(input));
    if (isKnown(part -> {})) {
      isKnown(
          part ->
              recorder.add(
                  part.facts().get(LAYERS).lines().toList(),
                  new Rows(part.tensors().get(USED), part.tensors().get(KEPT))));
      return;
    }
    observed = 0;
    denoiser.predict(input);
    kept.keep(batchKey, new Part(Map.of(), Map.of(COUNT, Integer.toString(observed))));
  }

  /** Whether all parts of the batch are there; shows them one after the other. */
  private boolean isKnown(Consumer<Part> taker) {
    Optional<Part> whole = kept.find(batchKey);
    int count = whole.map(part -> Integer.parseInt(part.facts().get(COUNT))).orElse(-1);
    for (int i = 0; i < count; i++) {
      Optional<Part> part = kept.find(batchKey.with("observation", i));
      if (part.isEmpty()) {
        return false;
      }
      taker.accept(part.get());
    }
    return count >= 0;
  }

  @Override
  public void observe(List<String> layers, Tensor x, int sequences) {
    Rows rows = recorder.rows(layers.get(0), x);
    recorder.add(layers, rows);
    kept.keep(
        batchKey.with("observation", observed++),
        new Part(
            Map.of(USED, rows.used(), KEPT, rows.kept()),
            Map.of(LAYERS, String.join("\n", layers))));
  }

  @Override
  public void close() {
    denoiser.close();
  }
}
