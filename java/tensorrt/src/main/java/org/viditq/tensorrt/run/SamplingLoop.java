package org.viditq.tensorrt.run;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.viditq.core.model.InputNames;
import org.viditq.core.pipeline.Guidance;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.SamplingDenoiser.Sampling;
import org.viditq.core.schedule.LinearSteps;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnx.ActiveSetRanges;
import org.viditq.onnx.SamplingStepGraph;
import org.viditq.onnx.SamplingStepGraph.Form;
import org.viditq.tensorrt.engine.EngineSource;
import org.viditq.tensorrt.runtime.DeviceEvent;
import org.viditq.tensorrt.runtime.DeviceRuntime;
import org.viditq.tensorrt.runtime.DeviceStream;
import org.viditq.tensorrt.runtime.PinnedBuffer;

/**
 * Samplings whose latents stay on the device. A step is the denoiser's engine, a second small one
 * for guidance, scheduler and the denoiser's next input ({@link SamplingStepGraph}), and a copy of
 * the history: recorded once and launched with one call.
 *
 * <pre>
 * per step      weights, timesteps ──copy──►  ┌ denoiser ── prediction ──► sampling step ┐
 * per boundary  index of the set   ──copy──►  └──────────── latents ◄───── history ◄─────┘
 * </pre>
 *
 * <p>Everything that steps are told lies in one piece of pinned memory that is written before the
 * first step, so nothing waits for a copy. The host is two steps ahead at most.
 */
final class SamplingLoop implements AutoCloseable {
  /** Steps that may be under way. */
  private static final int AHEAD = 2;

  private final DeviceStream stream;
  private final Execution denoiser;
  private final Form form;
  private final Execution step;
  private final Resources resources = new Resources();
  private final RepeatedWork work;
  private final DeviceRuntime runtime;

  /** Marks behind the steps that are under way. */
  private final DeviceEvent[] marks = new DeviceEvent[AHEAD];

  /** Marks behind the copies of noise; two, as copies come from two places in turn. */
  private final DeviceEvent[] noiseMarks = new DeviceEvent[AHEAD];

  /**
   * @param denoiser ready for the batch; must outlive this
   * @param latents the shape of the first sample
   */
  SamplingLoop(
      DeviceRuntime runtime,
      EngineSource source,
      DeviceStream stream,
      Execution denoiser,
      Form form,
      Shape latents,
      ProgressListener progress) {
    this.runtime = runtime;
    this.stream = stream;
    this.denoiser = denoiser;
    this.form = form;
    try {
      NetworkEngine engine =
          resources.add(
              new NetworkEngine(runtime, source, "sampling_step", SamplingStepGraph.record(form)),
              NetworkEngine::close);
      step =
          resources.add(
              engine.open(
                  shapes(form, latents),
                  Map.of(
                      SamplingStepGraph.PREDICTION, denoiser.place(InputNames.PREDICTION),
                      SamplingStepGraph.LATENTS, denoiser.place(InputNames.LATENTS)),
                  progress),
              Execution::close);
      for (int i = 0; i < AHEAD; i++) {
        marks[i] = resources.add(runtime.openEvent(), DeviceEvent::close);
        noiseMarks[i] = resources.add(runtime.openEvent(), DeviceEvent::close);
      }
      work = resources.add(new RepeatedWork(stream, this::enqueue), RepeatedWork::close);
    } catch (RuntimeException | Error failed) {
      resources.closeAfter(failed);
      throw failed;
    }
  }

  private static Map<String, Shape> shapes(Form form, Shape latents) {
    int batch = latents.dim(0);
    int positions = latents.size() / batch / form.channels();
    Map<String, Shape> shapes = new LinkedHashMap<>();
    shapes.put(
        SamplingStepGraph.PREDICTION,
        Shape.of(form.copies(), batch, form.outputChannels(), positions));
    shapes.put(
        SamplingStepGraph.HISTORY, Shape.of(form.history(), batch, form.channels(), positions));
    shapes.put(SamplingStepGraph.WEIGHTS, Shape.of(form.weights()));
    if (form.noise()) {
      shapes.put(SamplingStepGraph.NOISE, Shape.of(1, batch, form.channels(), positions));
    }
    return shapes;
  }

  /** What a sampling needs of the graph. */
  static Form form(Sampling sampling, int outputChannels) {
    int channels = sampling.latents().dim(1);
    return new Form(
        sampling.steps().depth(),
        channels,
        outputChannels,
        sampling.guidance().isPresent(),
        sampling.guidance().map(Guidance::channels).orElse(channels),
        sampling.steps().draws());
  }

  Form form() {
    return form;
  }

  private void enqueue() {
    denoiser.enqueue(stream);
    step.enqueue(stream);
    Place history = step.place(SamplingStepGraph.HISTORY);
    Place after = step.place(SamplingStepGraph.HISTORY_AFTER);
    stream.copyOnDevice(
        history.buffer(), history.offset(), after.buffer(), after.offset(), history.bytes());
  }

  /**
   * Takes all steps; conditions are on the device.
   *
   * @param sets what the denoiser's weight sets stand for
   */
  Tensor sample(Sampling sampling, ActiveSetRanges sets) {
    try (Table table = new Table(runtime, sampling, form, sets)) {
      List<LinearSteps.Step> steps = sampling.steps().steps();
      int active = -1;
      try {
        start(sampling);
        for (int k = 0; k < steps.size(); k++) {
          table.tell(k);
          int set = sets.at(steps.get(k).timestep());
          if (denoiser.has(ActiveSetRanges.INPUT) && set != active) {
            table.choose(set);
            active = set;
          }
          if (steps.get(k).draws()) {
            table.uploadNoise(k, sampling.noise().draw(sampling.latents().shape()));
          }
          work.run();
          table.bringSize(k);
          stream.record(marks[k % AHEAD]);
          if (k >= AHEAD - 1) {
            finish(k - (AHEAD - 1), sampling, table);
          }
        }
        for (int k = Math.max(0, steps.size() - (AHEAD - 1)); k < steps.size(); k++) {
          finish(k, sampling, table);
        }
        step.download(stream, SamplingStepGraph.SAMPLE);
      } finally {
        stream.synchronize();
      }
      return Tensor.of(sampling.latents().shape(), step.read(SamplingStepGraph.SAMPLE).data());
    }
  }

  private void finish(int index, Sampling sampling, Table table) {
    marks[index % AHEAD].synchronize();
    sampling.afterStep().done(index, table.size(index));
  }

  /** The first sample is the newest of the history, and scaled the denoiser's input. */
  private void start(Sampling sampling) {
    float[] first = sampling.latents().data();
    Shape history = step.shape(SamplingStepGraph.HISTORY);
    step.upload(
        stream,
        SamplingStepGraph.HISTORY,
        Tensor.of(history, Arrays.copyOf(first, history.size())));
    float scale = (float) sampling.steps().steps().get(0).inputScale();
    float[] inputs = new float[form.copies() * first.length];
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = scale * first[i % first.length];
    }
    Shape shape = denoiser.shape(InputNames.LATENTS);
    denoiser.upload(stream, InputNames.LATENTS, Tensor.of(shape, inputs));
  }

  /** What steps are told, and what comes back from them: pinned memory, a place for each. */
  private final class Table implements AutoCloseable {
    private final Layout layout = new Layout();
    private final PinnedBuffer pinned;

    /** Which places of noise have been copied from. */
    private final boolean[] used = new boolean[AHEAD];

    Table(DeviceRuntime runtime, Sampling sampling, Form form, ActiveSetRanges sets) {
      List<LinearSteps.Step> steps = sampling.steps().steps();
      int batch = denoiser.shape(InputNames.TIMESTEPS).size();
      for (int k = 0; k < steps.size(); k++) {
        layout.add("weights" + k, (long) form.weights() * Float.BYTES);
        layout.add("timesteps" + k, (long) batch * Float.BYTES);
        layout.add("size" + k, Float.BYTES);
      }
      for (int set = 0; set < sets.ranges().size(); set++) {
        layout.add("set" + set, Integer.BYTES);
      }
      for (int i = 0; form.noise() && i < AHEAD; i++) {
        layout.add("noise" + i, (long) sampling.latents().size() * Float.BYTES);
      }
      pinned = runtime.allocatePinned(layout.hostSize("sampling_step"));
      for (int k = 0; k < steps.size(); k++) {
        double next = k + 1 < steps.size() ? steps.get(k + 1).inputScale() : 1;
        float guidance = sampling.guidance().map(Guidance::scale).orElse(1.0).floatValue();
        FloatBuffer weights = floats("weights" + k);
        put(weights, steps.get(k).samples());
        put(weights, steps.get(k).outputs());
        put(weights, steps.get(k).noise(), next, guidance);
        float[] timesteps = new float[batch];
        Arrays.fill(timesteps, (float) steps.get(k).timestep());
        floats("timesteps" + k).put(timesteps);
      }
      for (int set = 0; set < sets.ranges().size(); set++) {
        String name = "set" + set;
        pinned.bytes((int) layout.offset(name), Integer.BYTES).putInt(0, set);
      }
    }

    private static void put(FloatBuffer buffer, double... values) {
      for (double value : values) {
        buffer.put((float) value);
      }
    }

    private FloatBuffer floats(String name) {
      return pinned.bytes((int) layout.offset(name), (int) layout.bytes(name)).asFloatBuffer();
    }

    /** Copies the weights and timesteps of a step to the device. */
    void tell(int index) {
      copy("weights" + index, step.place(SamplingStepGraph.WEIGHTS));
      copy("timesteps" + index, denoiser.place(InputNames.TIMESTEPS));
    }

    /** Copies the index of a weight set to the device: 4 bytes. */
    void choose(int set) {
      copy("set" + set, denoiser.place(ActiveSetRanges.INPUT));
    }

    private void copy(String name, Place place) {
      stream.copyToDevice(
          place.buffer(),
          place.offset(),
          pinned,
          (int) layout.offset(name),
          (int) layout.bytes(name));
    }

    /** Copies noise to the device, when the copy before the last one has left its place. */
    void uploadNoise(int index, Tensor noise) {
      int turn = index % AHEAD;
      if (used[turn]) {
        noiseMarks[turn].synchronize();
      }
      floats("noise" + turn).put(noise.data());
      copy("noise" + turn, step.place(SamplingStepGraph.NOISE));
      stream.record(noiseMarks[turn]);
      used[turn] = true;
    }

    void bringSize(int index) {
      Place place = step.place(SamplingStepGraph.SIZE);
      stream.copyToHost(
          pinned, (int) layout.offset("size" + index), place.buffer(), place.offset(), Float.BYTES);
    }

    float size(int index) {
      return floats("size" + index).get(0);
    }

    @Override
    public void close() {
      pinned.close();
    }
  }

  /** Frees what it took; the stream must be idle. */
  @Override
  public void close() {
    resources.close();
  }
}
