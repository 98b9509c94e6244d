package org.viditq.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.LatentGeometry;
import org.viditq.core.schedule.Scheduler;
import org.viditq.core.schedule.SchedulerFactory;
import org.viditq.core.tensor.Tensor;

class LatentSamplerTest {
  private static final int CHANNELS = 2;

  /** Predicts per sample: a value for the latents' channels, then another for the variances'. */
  private record Scripted(Function<DenoiserInput, float[]> values, int outputChannels)
      implements Denoiser {
    @Override
    public Tensor predict(DenoiserInput input) {
      int area = input.latents().dim(2) * input.latents().dim(3);
      Tensor output =
          Tensor.zeros(
              input.latents().dim(0),
              outputChannels,
              input.latents().dim(2),
              input.latents().dim(3));
      float[] values = this.values.apply(input);
      for (int i = 0; i < output.size(); i++) {
        int row = i / (outputChannels * area);
        boolean variance = i % (outputChannels * area) >= CHANNELS * area;
        output.data()[i] = variance ? 99 : values[row];
      }
      return output;
    }

    @Override
    public DenoiserModel model() {
      return new ScriptedModel(LatentGeometry.image(CHANNELS, outputChannels, 2, 4));
    }

    @Override
    public void close() {}
  }

  private static Scheduler scheduler(String name, String predictionType) {
    return SchedulerFactory.byName(
        name,
        JsonConfig.of(
            JsonNodeFactory.instance.objectNode().put("prediction_type", predictionType), "test"));
  }

  private static LatentSampler sampler(Scheduler scheduler) {
    return new LatentSampler(
        scheduler, new LatentGrid(4, LatentGeometry.image(CHANNELS, CHANNELS, 2, 4)));
  }

  private static EncodedPrompts prompts(int count, boolean negative) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add("p" + i);
    }
    Conditions none = new Conditions(Map.of(InputNames.TEXT, Tensor.full(-1, 1, 1, 1)));
    Conditions some = new Conditions(Map.of(InputNames.TEXT, Tensor.full(1, count, 1, 1)));
    return new EncodedPrompts(names, some, negative ? Optional.of(none) : Optional.empty());
  }

  private static GenerationRequest request(double guidance, long... seeds) {
    List<Long> list = new ArrayList<>();
    for (long seed : seeds) {
      list.add(seed);
    }
    return GenerationRequest.pictures(list, 3, guidance, 16, 24);
  }

  private static Tensor sample(
      LatentSampler sampler, GenerationRequest request, EncodedPrompts prompts, Denoiser model) {
    return sampler.sample(request, prompts, model, SamplingListener.NONE, ProgressListener.NONE);
  }

  @Test
  void guidanceLeadsFromTheNegativeHalfBeyondThePositive() {
    // The clean sample is 1 for the positive caption and 0.5 for the negative one.
    Denoiser model =
        new Scripted(
            input -> {
              assertThat(input.find(InputNames.TEXT).orElseThrow().data())
                  .containsExactly(-1, -1, 1, 1);
              return new float[] {0.5f, 0.5f, 1, 1};
            },
            2 * CHANNELS);
    Tensor latents =
        sample(
            sampler(scheduler("dpmsolver++", "sample")), request(3, 1, 2), prompts(2, true), model);
    assertThat(latents.shape().toArray()).containsExactly(2, CHANNELS, 4, 6);
    for (float value : latents.data()) {
      assertThat(value).isCloseTo(2, within(1e-6f));
    }
  }

  @Test
  void withoutGuidanceTheNegativePromptIsNotEvaluated() {
    Denoiser model =
        new Scripted(
            input -> {
              assertThat(input.find(InputNames.TEXT).orElseThrow().dim(0)).isEqualTo(1);
              return new float[] {1};
            },
            CHANNELS);
    sample(sampler(scheduler("ddim", "sample")), request(1, 5), prompts(1, false), model);
  }

  @Test
  void guidanceNeedsANegativePrompt() {
    Denoiser model = new Scripted(input -> new float[] {0, 0}, CHANNELS);
    assertThatThrownBy(
            () ->
                sample(
                    sampler(scheduler("ddim", "epsilon")), request(2, 5), prompts(1, false), model))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("negative prompt");
  }

  @Test
  void everyPromptNeedsASeed() {
    Denoiser model = new Scripted(input -> new float[] {0, 0}, CHANNELS);
    assertThatThrownBy(
            () ->
                sample(
                    sampler(scheduler("ddim", "epsilon")), request(1, 5), prompts(2, false), model))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("2 prompts but 1 seeds");
  }

  @Test
  void learnedVariancesNeedAModelThatPredictsThem() {
    Scheduler learned =
        SchedulerFactory.byName(
            "ddpm",
            JsonConfig.of(
                JsonNodeFactory.instance.objectNode().put("variance_type", "learned_range"),
                "test"));
    Denoiser model = new Scripted(input -> new float[] {0}, CHANNELS);
    assertThatThrownBy(() -> sample(sampler(learned), request(1, 5), prompts(1, false), model))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("learned variances");
  }

  @Test
  void brokenPredictionsNameTheStep() {
    int[] calls = new int[1];
    Denoiser model = new Scripted(input -> new float[] {calls[0]++ == 1 ? Float.NaN : 0}, CHANNELS);
    assertThatThrownBy(
            () ->
                sample(
                    sampler(scheduler("ddim", "epsilon")), request(1, 5), prompts(1, false), model))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("sampling step 1");
  }

  /** What is infinite then is not the model's fault, nor that of the decoder that would see it. */
  @Test
  void tooMuchGuidanceIsCalledSo() {
    Denoiser model = new Scripted(input -> new float[] {0, 10}, CHANNELS);
    assertThatThrownBy(
            () ->
                sample(
                    sampler(scheduler("ddim", "epsilon")),
                    request(1e38, 5),
                    prompts(1, true),
                    model))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("latents after sampling step 0")
        .hasMessageContaining("guidance scale 1.0E38 is too large");
  }

  @Test
  void listenersSeeEveryStepInOrder() {
    List<String> events = new ArrayList<>();
    SamplingListener listener =
        new SamplingListener() {
          @Override
          public void beforeDenoising(int step, DenoiserInput input) {
            events.add("before " + step + " at " + input.timestep());
          }

          @Override
          public void afterStep(int step, Tensor latents) {
            events.add("after " + step);
          }
        };
    sampler(scheduler("ddim", "epsilon"))
        .sample(
            request(1, 5),
            prompts(1, false),
            new Scripted(input -> new float[] {0}, CHANNELS),
            listener,
            (stage, done, total) -> events.add(stage + " " + done + "/" + total));
    assertThat(events)
        .containsExactly(
            "SAMPLING 0/3",
            "before 0 at 666.0",
            "after 0",
            "SAMPLING 1/3",
            "before 1 at 333.0",
            "after 1",
            "SAMPLING 2/3",
            "before 2 at 0.0",
            "after 2",
            "SAMPLING 3/3");
  }

  @Test
  void impossibleRequestsAreRefused() {
    assertThatThrownBy(() -> GenerationRequest.pictures(List.of(), 3, 1, 16, 16))
        .isInstanceOf(UsageException.class);
    assertThatThrownBy(() -> GenerationRequest.pictures(List.of(1L), 0, 1, 16, 16))
        .isInstanceOf(UsageException.class);
    assertThatThrownBy(() -> GenerationRequest.pictures(List.of(1L), 3, Double.NaN, 16, 16))
        .isInstanceOf(UsageException.class);
    assertThatThrownBy(() -> GenerationRequest.pictures(List.of(1L), 3, 1, 0, 16))
        .isInstanceOf(UsageException.class);
  }
}
