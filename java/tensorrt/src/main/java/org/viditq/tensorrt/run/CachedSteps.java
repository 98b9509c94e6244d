package org.viditq.tensorrt.run;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.RecordedInputs;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.StepNetworks;
import org.viditq.core.pipeline.cache.RelativeChange;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnx.ActiveSetRanges;
import org.viditq.onnx.OnnxValue;
import org.viditq.onnx.StepCachingGraphs;
import org.viditq.tensorrt.runtime.DeviceBuffer;
import org.viditq.tensorrt.runtime.DeviceStream;

/**
 * The evaluations of a sampling with step caching. The three engines share the memory of their
 * inputs, so that these are brought once, and of the residual, which never leaves the device; the
 * host reads two sums per step, decides, and has one of two works done.
 *
 * <pre>
 * latents, .. ──copy──►  probe ──► block input ──copy──► earlier block input
 *                          └─────► sums ──copy──►  host
 *                        full ──► prediction, residual    or
 *                        tail ──► prediction   ▲── residual
 * </pre>
 *
 * <p>What pictures keep lies where the engines read it for one of them; the others' is copied there
 * when it is their turn. Everything is freed when the sampling is closed.
 */
final class CachedSteps implements StepNetworks {
  private static final int NONE = -1;

  private final CachingEngines engines;
  private final DeviceStream stream;
  private final Resources resources = new Resources();

  private Map<String, Shape> shapes = Map.of();
  private Execution probe;
  private Execution full;
  private Execution tail;
  private RepeatedWork probing;
  private RepeatedWork computing;
  private RepeatedWork skipping;

  /** Where pictures keep what belongs to them while it is another one's turn. */
  private DeviceBuffer kept;

  private final Layout places = new Layout();

  /** Whose turn it is. */
  private int present = NONE;

  /** Pictures that have been probed, and that have been fully evaluated. */
  private final boolean[] probed;

  private final boolean[] computed;

  /** Tensors that lie on the device, by input. */
  private final Map<String, Tensor> uploaded = new HashMap<>();

  private int activeSet = NONE;

  CachedSteps(CachingEngines engines, int pictures) {
    this.engines = engines;
    this.stream = engines.stream();
    this.probed = new boolean[pictures];
    this.computed = new boolean[pictures];
  }

  @Override
  public void prepare(DenoiserInput like, ProgressListener progress) {
    ready(RecordedInputs.of(engines.model(), like), progress);
  }

  private void ready(DenoiserInput input, ProgressListener progress) {
    Map<String, Shape> given = new LinkedHashMap<>(NetworkRun.shapes(input.tensors()));
    if (given.equals(shapes)) {
      return;
    }
    if (!shapes.isEmpty()) {
      throw new IllegalStateException(
          "The inputs of a sampling have changed from " + shapes + " to " + given + ".");
    }
    Map<String, Shape> all = new LinkedHashMap<>(given);
    all.put(ActiveSetRanges.INPUT, Shape.of(1));
    full = open(engines.full(), all, Map.of(), Set.of(StepCachingGraphs.RESIDUAL), progress);
    Shape hidden = full.shape(StepCachingGraphs.RESIDUAL);
    all.put(StepCachingGraphs.RESIDUAL, hidden);
    all.put(StepCachingGraphs.EARLIER_INPUT, hidden);
    Map<String, Place> shared = new HashMap<>();
    for (String name : all.keySet()) {
      if (full.has(name)) {
        shared.put(name, full.place(name));
      }
    }
    shared.put(InputNames.PREDICTION, full.place(InputNames.PREDICTION));
    probe =
        open(
            engines.probe(),
            all,
            shared,
            Set.of(StepCachingGraphs.INPUT, StepCachingGraphs.EARLIER_INPUT),
            progress);
    tail = open(engines.tail(), all, shared, Set.of(), progress);
    if (probed.length > 1) {
      for (int picture = 0; picture < probed.length; picture++) {
        places.add(input(picture), probe.place(StepCachingGraphs.EARLIER_INPUT).bytes());
        places.add(residual(picture), full.place(StepCachingGraphs.RESIDUAL).bytes());
      }
      kept = resources.add(engines.runtime().allocate(places.size()), DeviceBuffer::close);
    }
    probing = repeated(this::enqueueProbe);
    computing = repeated(() -> full.enqueue(stream));
    skipping = repeated(() -> tail.enqueue(stream));
    shapes = given;
  }

  private Execution open(
      NetworkEngine engine,
      Map<String, Shape> all,
      Map<String, Place> elsewhere,
      Set<String> onDevice,
      ProgressListener progress) {
    Map<String, Shape> needed = new LinkedHashMap<>();
    engine.graph().inputs().stream()
        .map(OnnxValue::name)
        .filter(all::containsKey)
        .forEach(input -> needed.put(input, all.get(input)));
    return resources.add(engine.open(needed, elsewhere, onDevice, progress), Execution::close);
  }

  private RepeatedWork repeated(Runnable work) {
    return resources.add(new RepeatedWork(stream, work), RepeatedWork::close);
  }

  private void enqueueProbe() {
    probe.enqueue(stream);
    copy(probe.place(StepCachingGraphs.EARLIER_INPUT), probe.place(StepCachingGraphs.INPUT));
  }

  private void copy(Place to, Place from) {
    stream.copyOnDevice(to.buffer(), to.offset(), from.buffer(), from.offset(), to.bytes());
  }

  @Override
  public double probe(int picture, DenoiserInput given) {
    DenoiserInput input = RecordedInputs.of(engines.model(), given);
    ready(input, ProgressListener.NONE);
    turnTo(picture);
    input.tensors().forEach(this::upload);
    int set = engines.sets().at(input.timestep());
    if (full.has(ActiveSetRanges.INPUT) && set != activeSet) {
      full.upload(stream, ActiveSetRanges.INPUT, set);
      activeSet = set;
    }
    probing.run();
    probe.download(stream, StepCachingGraphs.CHANGE);
    stream.synchronize();
    probed[picture] = true;
    float[] sums = probe.read(StepCachingGraphs.CHANGE).data();
    return RelativeChange.of(sums[0], sums[1]);
  }

  private void upload(String input, Tensor values) {
    if (full.has(input) && uploaded.get(input) != values) {
      full.upload(stream, input, values);
      uploaded.put(input, values);
    }
  }

  /** Lets what a picture keeps lie where engines read it. */
  private void turnTo(int picture) {
    if (picture == present) {
      return;
    }
    Place input = probe.place(StepCachingGraphs.EARLIER_INPUT);
    Place residual = full.place(StepCachingGraphs.RESIDUAL);
    if (present != NONE) {
      copy(place(input(present)), input);
      if (computed[present]) {
        copy(place(residual(present)), residual);
      }
    }
    if (probed[picture]) {
      copy(input, place(input(picture)));
    } else {
      probe.clear(stream); // compared with, though nobody asks for the change
    }
    if (computed[picture]) {
      copy(residual, place(residual(picture)));
    }
    present = picture;
  }

  private Place place(String name) {
    return new Place(kept, places.offset(name), places.bytes(name));
  }

  private static String input(int picture) {
    return "input" + picture;
  }

  private static String residual(int picture) {
    return "residual" + picture;
  }

  @Override
  public Tensor full() {
    computing.run();
    Tensor prediction = prediction();
    computed[present] = true;
    return prediction;
  }

  @Override
  public Tensor tail() {
    if (present == NONE || !computed[present]) {
      throw new IllegalStateException(
          "Picture " + present + " keeps no residual yet; its first evaluation must be full.");
    }
    skipping.run();
    return prediction();
  }

  /** Whichever engine has made it. */
  private Tensor prediction() {
    full.download(stream, InputNames.PREDICTION);
    stream.synchronize();
    return full.read(InputNames.PREDICTION);
  }

  @Override
  public void close() {
    try (Resources all = new Resources()) {
      all.add(resources, Resources::close);
      all.add(stream, DeviceStream::synchronize);
    }
  }
}
