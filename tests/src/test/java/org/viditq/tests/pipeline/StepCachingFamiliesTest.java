package org.viditq.tests.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.error.ViditqException;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.InputNames;
import org.viditq.core.operators.Backends;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.CachedSampling;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.ModelDenoiser;
import org.viditq.core.pipeline.cache.ChangeEstimate;
import org.viditq.core.pipeline.cache.EvaluationCount;
import org.viditq.core.pipeline.cache.StepCaching;
import org.viditq.core.tensor.Tensor;
import org.viditq.cpp.NativeLibrary;
import org.viditq.verify.family.FamilyCase;
import org.viditq.verify.family.FamilyCase.Scheme;

/** Step caching in every family, dense and quantized, on both backends that compute at once. */
class StepCachingFamiliesTest {
  private static final Path FIXTURES = Path.of("fixtures");

  /** From the second weight set of two to the first. */
  private static final double[] TIMESTEPS = {900, 700, 520, 480, 300, 100};

  private static final int STEPS = TIMESTEPS.length;

  /** All cases but the one that is recorded as another network. */
  static Stream<Arguments> families() {
    return FamilyCase.files(FIXTURES).stream()
        .filter(file -> !file.getFileName().toString().startsWith("model.latte__single_frame"))
        .flatMap(
            file ->
                Stream.of(
                    Arguments.of(file, Scheme.DENSE, "reference"),
                    Arguments.of(file, Scheme.DENSE, "native"),
                    Arguments.of(file, Scheme.W8A8, "native"),
                    Arguments.of(file, Scheme.W4A8_TWO_RANGES, "native")));
  }

  private static StepCaching caching(String text) {
    return StepCaching.parse(text, ChangeEstimate.IDENTITY);
  }

  private static <V> Denoiser denoiser(FamilyCase family, Operators<V> operators) {
    return new ModelDenoiser<>(family.model(), family.parameters(), operators, () -> {});
  }

  /** Latents that move a little from step to step. */
  private static List<DenoiserInput> trajectory(FamilyCase family, boolean still) {
    List<DenoiserInput> inputs = new ArrayList<>();
    Random random = new Random(3);
    Tensor drift = Tensor.zeros(family.input(0).latents().shape().toArray());
    for (double timestep : TIMESTEPS) {
      DenoiserInput input = family.input(still ? TIMESTEPS[0] : timestep);
      Map<String, Tensor> tensors = new LinkedHashMap<>(input.tensors());
      float[] latents = input.latents().data().clone();
      for (int i = 0; i < latents.length; i++) {
        latents[i] += drift.data()[i];
        drift.data()[i] += still ? 0 : 0.05f * (float) random.nextGaussian();
      }
      tensors.put(InputNames.LATENTS, Tensor.of(input.latents().shape(), latents));
      inputs.add(new DenoiserInput(tensors));
    }
    return inputs;
  }

  private static List<Tensor> cached(
      Denoiser denoiser, String caching, int pictures, List<DenoiserInput> inputs) {
    List<Tensor> predictions = new ArrayList<>();
    try (CachedSampling sampling = denoiser.begin(caching(caching), inputs.size(), pictures)) {
      inputs.forEach(input -> predictions.add(sampling.predict(input)));
    }
    return predictions;
  }

  private static int pictures(List<DenoiserInput> inputs) {
    return inputs.get(0).latents().dim(0);
  }

  private static void assertSame(List<Tensor> actual, List<Tensor> expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.size(); i++) {
      assertThat(actual.get(i).data()).as("step %d", i).isEqualTo(expected.get(i).data());
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  void cachesThatTakeNothingChangeNoBit(Path file, Scheme scheme, String backend) {
    try (FamilyCase family = FamilyCase.open(file, scheme);
        Operators<?> operators = Backends.find(backend).open(2);
        Denoiser denoiser = denoiser(family, operators)) {
      List<DenoiserInput> inputs = trajectory(family, false);
      List<Tensor> plain = inputs.stream().map(denoiser::predict).toList();
      assertSame(cached(denoiser, "interval:1", pictures(inputs), inputs), plain);
      assertSame(cached(denoiser, "threshold:0", pictures(inputs), inputs), plain);
      assertSame(inputs.stream().map(denoiser::predict).toList(), plain);
    }
  }

  /** What was computed for an input is right for the same input. */
  @ParameterizedTest
  @MethodSource("families")
  void inputsThatDoNotChangeGetTheirPrediction(Path file, Scheme scheme, String backend) {
    try (FamilyCase family = FamilyCase.open(file, scheme);
        Operators<?> operators = Backends.find(backend).open(2);
        Denoiser denoiser = denoiser(family, operators)) {
      List<DenoiserInput> inputs = trajectory(family, true);
      float[] plain = denoiser.predict(inputs.get(0)).data();
      for (String caching : List.of("interval:9", "attention:9", "feed-forward:9", "cross:0.1")) {
        List<Tensor> predictions = cached(denoiser, caching, pictures(inputs), inputs);
        for (int i = 1; i < STEPS - 1; i++) {
          assertThat(predictions.get(i).data())
              .as("%s, step %d", caching, i)
              .isEqualTo(predictions.get(0).data());
        }
        // Epilogues that are not fused round once more, and a code may move.
        assertThat(distance(predictions.get(0).data(), plain))
            .as(caching)
            .isLessThan(scheme == Scheme.DENSE ? 1e-5 : 0.02);
      }
      for (Tensor prediction : cached(denoiser, "threshold:0.1", pictures(inputs), inputs)) {
        assertThat(distance(prediction.data(), plain)).isLessThan(1e-5);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  void stepsAreSkippedAlikeInEveryRun(Path file, Scheme scheme, String backend) {
    try (FamilyCase family = FamilyCase.open(file, scheme);
        Operators<?> operators = Backends.find(backend).open(2);
        Denoiser denoiser = denoiser(family, operators)) {
      List<DenoiserInput> inputs = trajectory(family, false);
      int pictures = pictures(inputs);
      List<Tensor> plain = inputs.stream().map(denoiser::predict).toList();
      for (String caching : List.of("threshold:1e9", "interval:2", "interval:3,cross:0.5")) {
        EvaluationCount before = denoiser.evaluations();
        List<Tensor> predictions = cached(denoiser, caching, pictures, inputs);
        EvaluationCount count = denoiser.evaluations().minus(before);
        int skipped =
            switch (caching) {
              case "threshold:1e9" -> STEPS - 2;
              case "interval:2" -> STEPS / 2;
              default -> STEPS - 2;
            };
        assertThat(count)
            .as(caching)
            .isEqualTo(new EvaluationCount((long) STEPS * pictures, (long) skipped * pictures));
        assertSame(cached(denoiser, caching, pictures, inputs), predictions);
        assertThat(predictions.get(1).data())
            .as("%s takes something", caching)
            .isNotEqualTo(plain.get(1).data());
        assertThat(predictions.get(1).isFinite()).isTrue();
      }
    }
  }

  /** Decided one by one or not, a picture does not depend on the others of its batch. */
  @ParameterizedTest
  @MethodSource("families")
  void aPictureIsTheSameAloneAndInABatch(Path file, Scheme scheme, String backend) {
    try (FamilyCase family = FamilyCase.open(file, scheme);
        Operators<?> operators = Backends.find(backend).open(2);
        Denoiser denoiser = denoiser(family, operators)) {
      List<DenoiserInput> inputs = trajectory(family, false);
      int pictures = pictures(inputs);
      for (String caching : List.of("none", "threshold:0.2", "interval:2", "cross:0.4")) {
        List<Tensor> together = cached(denoiser, caching, pictures, inputs);
        for (int picture = 0; picture < pictures; picture++) {
          int chosen = picture;
          List<Tensor> alone =
              cached(
                  denoiser,
                  caching,
                  1,
                  inputs.stream()
                      .map(input -> CachedSampling.ofPicture(input, chosen, pictures))
                      .toList());
          for (int i = 0; i < STEPS; i++) {
            float[] all = together.get(i).data();
            int size = all.length / pictures;
            assertThat(Arrays.copyOfRange(all, chosen * size, (chosen + 1) * size))
                .as("%s, picture %d, step %d", caching, chosen, i)
                .isEqualTo(alone.get(i).data());
          }
        }
      }
    }
  }

  @Test
  void anEvaluationThatFailedChangesNothingForThoseBehindIt() {
    try (FamilyCase family = FamilyCase.open(pixart(), Scheme.W8A8);
        Operators<?> operators = Backends.find("native").open(2);
        Denoiser denoiser = denoiser(family, operators)) {
      List<DenoiserInput> inputs = trajectory(family, false);
      for (String caching : List.of("threshold:0.2", "interval:2")) {
        List<Tensor> expected = cached(denoiser, caching, pictures(inputs), inputs);
        try (CachedSampling sampling = denoiser.begin(caching(caching), STEPS, pictures(inputs))) {
          for (int i = 0; i < STEPS; i++) {
            DenoiserInput broken = broken(inputs.get(i));
            assertThatThrownBy(() -> sampling.predict(broken)).isInstanceOf(ViditqException.class);
            assertThat(sampling.predict(inputs.get(i)).data())
                .as("%s, step %d", caching, i)
                .isEqualTo(expected.get(i).data());
          }
        }
      }
    }
  }

  private static DenoiserInput broken(DenoiserInput input) {
    Map<String, Tensor> tensors = new LinkedHashMap<>(input.tensors());
    tensors.put(InputNames.LATENTS, Tensor.full(Float.NaN, input.latents().shape().toArray()));
    return new DenoiserInput(tensors);
  }

  /** After a first sampling, whose memory is used again, nothing may be added. */
  @Test
  void memoryIsFreedAtTheEndAndAfterFailures() {
    try (FamilyCase family = FamilyCase.open(pixart(), Scheme.W8A8);
        Operators<?> operators = Backends.find("native").open(2);
        Denoiser denoiser = denoiser(family, operators)) {
      List<DenoiserInput> inputs = trajectory(family, false);
      for (String caching : List.of("threshold:0.2", "interval:3,cross:0.5")) {
        cached(denoiser, caching, pictures(inputs), inputs);
        long before = NativeLibrary.allocatedBytes();
        for (int i = 0; i < 20; i++) {
          cached(denoiser, caching, pictures(inputs), inputs);
          int failing = i % STEPS;
          try (CachedSampling sampling =
              denoiser.begin(caching(caching), STEPS, pictures(inputs))) {
            inputs.subList(0, failing).forEach(sampling::predict);
            assertThatThrownBy(() -> sampling.predict(broken(inputs.get(failing))))
                .isInstanceOf(ViditqException.class);
          }
          // Left in the middle, as a cancelled request leaves it.
          try (CachedSampling sampling =
              denoiser.begin(caching(caching), STEPS, pictures(inputs))) {
            inputs.subList(0, failing).forEach(sampling::predict);
          }
        }
        assertThat(NativeLibrary.allocatedBytes()).as(caching).isEqualTo(before);
      }
    }
  }

  private static Path pixart() {
    return FIXTURES.resolve("model.pixart_alpha__plain.safetensors");
  }

  /** As a part of the length of {@code expected}. */
  private static double distance(float[] actual, float[] expected) {
    double difference = 0;
    double size = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow((double) actual[i] - expected[i], 2);
      size += Math.pow(expected[i], 2);
    }
    return Math.sqrt(difference / size);
  }
}
