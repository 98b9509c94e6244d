package org.viditq.quantize.activation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.pipeline.SamplingListener;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.calibrate.InputHalves;
import org.viditq.quantize.calibrate.LinearObserver;

/** Profiles of all linear layers' inputs while a model samples; every so manieth step counts. */
final class ProfileRecorder implements SamplingListener, LinearObserver {
  private final int every;
  private final boolean guided;
  private final List<DenoiserInput> inputs = new ArrayList<>();
  private final Map<String, InputProfile> profiles = new LinkedHashMap<>();
  private final Map<String, String> inputOf = new LinkedHashMap<>();
  private boolean recording;

  ProfileRecorder(int every, boolean guided) {
    this.every = every;
    this.guided = guided;
  }

  @Override
  public void beforeDenoising(int step, DenoiserInput input) {
    recording = step % every == 0;
    if (recording) {
      inputs.add(input);
    }
  }

  @Override
  public void observe(List<String> layers, Tensor x, int sequences) {
    if (!recording) {
      return;
    }
    int step = inputs.size() - 1;
    String input = layers.get(0);
    layers.forEach(layer -> inputOf.putIfAbsent(layer, input));
    profiles
        .computeIfAbsent(input, name -> new InputProfile())
        .add(step, input, InputHalves.of(x, inputs.get(step).latents().dim(0), guided), sequences);
  }

  /** The denoiser's inputs of the steps that count, in order. */
  List<DenoiserInput> inputs() {
    return inputs;
  }

  /** By the name of one layer that has the input. */
  Map<String, InputProfile> profiles() {
    return profiles;
  }

  /** That name, by layer. */
  Map<String, String> inputOf() {
    return inputOf;
  }
}
