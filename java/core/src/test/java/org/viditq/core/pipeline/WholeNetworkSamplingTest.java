package org.viditq.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.pipeline.cache.ChangeEstimate;
import org.viditq.core.pipeline.cache.EvaluationCount;
import org.viditq.core.pipeline.cache.StepCaching;
import org.viditq.core.tensor.Tensor;

class WholeNetworkSamplingTest {
  /** The change is the first latent's value, and what a picture predicts says how it was made. */
  private static final class Recorded implements StepNetworks {
    private final List<String> calls = new ArrayList<>();
    private DenoiserInput input;
    private int closed;

    @Override
    public void prepare(DenoiserInput like, ProgressListener progress) {
      calls.add("prepare " + like.latents().shape());
    }

    @Override
    public double probe(int picture, DenoiserInput given) {
      input = given;
      calls.add("probe " + picture);
      return given.latents().data()[0];
    }

    @Override
    public Tensor full() {
      calls.add("full");
      return input.latents();
    }

    @Override
    public Tensor tail() {
      calls.add("tail");
      return Tensor.full(-1, input.latents().shape().toArray());
    }

    @Override
    public void close() {
      closed++;
    }
  }

  private final Recorded networks = new Recorded();
  private EvaluationCount counted = EvaluationCount.NONE;

  private WholeNetworkSampling sampling(String caching, int steps, int pictures) {
    return new WholeNetworkSampling(
        networks,
        StepCaching.parse(caching, ChangeEstimate.IDENTITY),
        steps,
        pictures,
        count -> counted = counted.plus(count));
  }

  /** A batch whose samples' latents are these. */
  private static DenoiserInput batch(float... latents) {
    return DenoiserInput.of(Tensor.of(latents, latents.length, 1, 1, 1), 500, Map.of());
  }

  @Test
  void stepsAreSkippedUntilTheirChangesAddUpToTheThreshold() {
    List<Float> made = new ArrayList<>();
    try (WholeNetworkSampling sampling = sampling("threshold:0.5", 7, 1)) {
      for (float change : new float[] {0.01f, 0.25f, 0.2f, 0.25f, 0.5f, 0.1f, 0.01f}) {
        made.add(sampling.predict(batch(change)).data()[0]);
      }
    }
    // 0.25 and 0.2 stay below; 0.25 more do not; 0.5 alone is not below; the last one is computed.
    assertThat(made).containsExactly(0.01f, -1f, -1f, 0.25f, 0.5f, -1f, 0.01f);
    assertThat(counted).isEqualTo(new EvaluationCount(7, 3));
  }

  /** What the first change is does not matter, and what is not a number is computed. */
  @ParameterizedTest
  @ValueSource(floats = {0, Float.POSITIVE_INFINITY, Float.NaN})
  void theFirstStepAndWhatCannotBeComparedIsComputed(float first) {
    try (WholeNetworkSampling sampling = sampling("threshold:1e9", 4, 1)) {
      sampling.predict(batch(first));
      sampling.predict(batch(1));
      sampling.predict(batch(Float.NaN));
    }
    assertThat(networks.calls)
        .containsExactly("probe 0", "full", "probe 0", "tail", "probe 0", "full");
  }

  /** With guidance, a picture is one sample of each half. */
  @Test
  void picturesAreDecidedAndMadeOneByOne() {
    try (WholeNetworkSampling sampling = sampling("threshold:0.5", 3, 2)) {
      DenoiserInput first = batch(1, 2, 3, 4);
      sampling.prepare(first, ProgressListener.NONE);
      assertThat(sampling.predict(first).data()).containsExactly(1, 2, 3, 4);
      assertThat(sampling.predict(batch(0.1f, 7, 0.2f, 8)).data()).containsExactly(-1, 7, -1, 8);
    }
    assertThat(networks.calls)
        .containsExactly(
            "prepare [2, 1, 1, 1]",
            "probe 0",
            "full",
            "probe 1",
            "full",
            "probe 0",
            "tail",
            "probe 1",
            "full");
    assertThat(counted).isEqualTo(new EvaluationCount(4, 1));
  }

  @Test
  void whatFailedIsNotCountedAndEverythingIsClosedOnce() {
    StepNetworks failing =
        new StepNetworks() {
          @Override
          public void prepare(DenoiserInput like, ProgressListener progress) {}

          @Override
          public double probe(int picture, DenoiserInput input) {
            return networks.probe(picture, input);
          }

          @Override
          public Tensor full() {
            return networks.full();
          }

          @Override
          public Tensor tail() {
            throw new BackendException("Injected.");
          }

          @Override
          public void close() {
            networks.close();
          }
        };
    WholeNetworkSampling sampling =
        new WholeNetworkSampling(
            failing,
            StepCaching.threshold(1, ChangeEstimate.IDENTITY),
            3,
            1,
            count -> counted = counted.plus(count));
    sampling.predict(batch(0));
    assertThatThrownBy(() -> sampling.predict(batch(0))).hasMessage("Injected.");
    sampling.close();
    sampling.close();
    assertThat(counted).isEqualTo(new EvaluationCount(1, 0));
    assertThat(networks.closed).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"interval:2", "attention:2", "feed-forward:3", "threshold:1,cross:0.5"})
  void outputsOfPartsOfBlocksAreNotThere(String caching) {
    assertThatThrownBy(() -> sampling(caching, 3, 1))
        .isInstanceOf(UsageException.class)
        .hasMessageStartingWith("Step caching (--cache ")
        .hasMessageEndingWith("take auto or threshold:X, or --backend native.");
  }
}
